// MessageTable: the fields of one message of the resource model as loaders, renderer, validator and schema need them:
// found by name in either spelling, with the rules that stand beside them in the .proto (api/sallyport/v1/rules.proto).
// One immutable table a message, made at the first use of any, kept for the life of the process; any thread.
//
//   const auto& table = MessageTable::Of(*v1::Route::descriptor());
//   if (const FieldInfo* field = table.Find("timeout")) …
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace google::protobuf {
class Descriptor;
class EnumDescriptor;
class EnumValueDescriptor;
class FieldDescriptor;
}  // namespace google::protobuf
namespace sallyport::v1 {
class FieldRules;
}

namespace sp::config {

class MessageTable;

// What a value is in text. Of a list it is one element, of a map one value.
enum class FieldKind : uint8_t {
  kBool,
  kNumber,  // uint32, uint64, int32, int64
  kBytes,   // uint64 with the rule `bytes`
  kText,
  kEnum,
  kDuration,  // google.protobuf.Duration
  kStruct,    // google.protobuf.Struct: any mapping
  kMessage
};

struct FieldInfo {
  const google::protobuf::FieldDescriptor* field;
  const google::protobuf::FieldDescriptor* value;  // of a map its value's, else `field`
  const sallyport::v1::FieldRules* rules;          // never null
  const MessageTable* message;                     // kMessage; else null
  std::string_view name;                           // in snake_case
  std::string_view choice;                         // the oneof, or the rule `choice`; else empty
  FieldKind kind;
  bool list;
  bool map;       // its keys are text
  uint8_t index;  // in its table
};

class MessageTable {
 public:
  static constexpr size_t kMaxFields = 64;
  // Fields of which at most one may be written.
  struct Choice {
    std::string_view name;
    bool needed;  // exactly one
  };

  static const MessageTable& Of(const google::protobuf::Descriptor& message);

  // By its name in snake_case or lowerCamelCase; null for any other.
  const FieldInfo* Find(std::string_view name) const;
  // The name that was meant by one that Find doesn't know; empty where none is near. In the spelling of `name`.
  std::string_view Suggest(std::string_view name) const;
  const std::vector<FieldInfo>& fields() const { return fields_; }
  const std::vector<Choice>& choices() const { return choices_; }
  const google::protobuf::Descriptor& message() const { return *message_; }

 private:
  friend class FieldTables;
  explicit MessageTable(const google::protobuf::Descriptor& message) : message_(&message) {}

  const google::protobuf::Descriptor* message_;
  std::vector<FieldInfo> fields_;
  std::vector<Choice> choices_;
  std::unordered_map<std::string_view, uint8_t> by_name_;  // the views are the descriptor's
};

// Enums are written as their names in lower case; the zero value is never written.
std::string EnumText(const google::protobuf::EnumValueDescriptor& value);
// Lower case, or upper as in the .proto; null for any other text.
const google::protobuf::EnumValueDescriptor* FindEnum(const google::protobuf::EnumDescriptor& type,
                                                      std::string_view text);
std::vector<std::string> EnumTexts(const google::protobuf::EnumDescriptor& type);

}  // namespace sp::config
