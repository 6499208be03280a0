// Edits: what is done to the header fields of one direction, in order. Made when the configuration is read, immutable
// then.
#pragma once

#include <sallyport/sdk/text_template.hpp>

#include <string>
#include <vector>

namespace sp::headers {

using sallyport::Exchange;
using sallyport::Headers;
using sallyport::Json;
using sallyport::TextTemplate;

// What becomes of a value with a field that has none.
enum class Missing : uint8_t { kSkip, kEmpty, kRemove };
Missing ReadMissing(const Json& j, Missing otherwise);

class Edits {
 public:
  // Adds what stands at `j` behind what there is. `direction`: SP_REQUEST or SP_RESPONSE. Names that a request is given
  // become the filter's own (Json::own_request_header), see Managed() below.
  void Read(const Json& j, uint32_t direction, Missing missing);
  // How many values were not set because they held a character that no field may hold.
  uint32_t Apply(Exchange& x, Headers& headers) const;
  bool empty() const { return edits_.empty(); }

 private:
  enum class Kind : uint8_t { kRemove, kSet, kAdd };
  struct Edit {
    Kind kind;
    Missing missing = Missing::kSkip;
    std::string name;
    TextTemplate value;
  };
  void ReadSet(const Json& member, uint32_t direction, Missing missing);
  static bool ApplyOne(const Edit& edit, Exchange& x, Headers& headers);
  std::vector<Edit> edits_;
};

// Whether what clients send under the name of a request field that is set must be removed everywhere: yes, unless it is
// a field that clients rightly send (RFC 9110 and its like). An upstream that trusts `x-user` trusts it on all routes.
bool ManagedByDefault(std::string_view name);

}  // namespace sp::headers
