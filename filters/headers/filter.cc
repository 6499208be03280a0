// headers: sets, adds and removes header fields. edits.h does it; here is where it is done.
#include "filters/headers/edits.h"

namespace sp::headers {
namespace {

using namespace sallyport;

struct HeadersFilter : StatelessHttpFilter {
  struct Config {
    explicit Config(const Json& j) : bad_values(j.counter("bad_value_total")) { Read(j); }
    Config(const Config& below, const Json& route) : missing(below.missing), bad_values(below.bad_values) {
      if (!route.at("replace").boolean(false)) {
        request = below.request;
        response = below.response;
      }
      Read(route);
    }
    void Read(const Json& j) {
      missing = ReadMissing(j.at("missing"), missing);
      request.Read(j.at("request"), SP_REQUEST, missing);
      response.Read(j.at("response"), SP_RESPONSE, missing);
    }

    Missing missing = Missing::kSkip;
    Edits request, response;
    Counter bad_values;
  };

  Result on_request(Request& r, const Config& c) { return Apply(c.request, r, c); }
  Result on_response(Response& r, const Config& c) { return Apply(c.response, r, c); }

 private:
  template <typename Message>
  static Result Apply(const Edits& edits, Message& message, const Config& c) {
    if (edits.empty()) return Continue;
    const uint32_t bad = edits.Apply(message, message.headers);
    if (bad > 0) message.count(c.bad_values, bad);
    return Continue;
  }
};

}  // namespace
}  // namespace sp::headers

SALLYPORT_PLUGIN_WITH(SP_PLUGIN_UNLOADABLE, "headers", "1.0.0", sp::headers::HeadersFilter);
