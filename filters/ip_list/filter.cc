// ip_list: refuses requests by the client's address and by header fields. lists.h decides; here is what follows.
#include <sallyport/sdk.hpp>

#include "filters/ip_list/lists.h"

namespace sp::ip_list {
namespace {

using namespace sallyport;

struct IpList : StatelessHttpFilter {
  static constexpr bool kGuard = true;

  struct Config {
    explicit Config(const Json& j)
        : lists(j),
          status(static_cast<uint32_t>(j.at("status").i64(403))),
          shadow(j.at("shadow").boolean(false)),
          refused(j.counter("refused_total")),
          would_refuse(j.counter("would_refuse_total")),
          verdict(j.metadata("shadow_reason")) {}
    Config(const Config& below, const Json& route)
        : lists(below.lists, route),
          status(static_cast<uint32_t>(route.at("status").i64(below.status))),
          shadow(route.at("shadow").boolean(below.shadow)),
          refused(below.refused),
          would_refuse(below.would_refuse),
          verdict(below.verdict) {}

    Lists lists;
    uint32_t status;
    bool shadow;
    Counter refused, would_refuse;
    Slot verdict;
  };

  Result on_request(Request& r, const Config& c) {
    const std::string_view address =
        c.lists.looks_at_addresses() ? r.fact(SP_FACT_CLIENT_ADDRESS_BYTES).text() : std::string_view();
    const Verdict verdict = c.lists.Check(address, r.headers);
    if (verdict == Verdict::kAdmitted) return Continue;
    if (c.shadow) {
      r.count(c.would_refuse);
      r.set_metadata(c.verdict, Value::of(ReasonOf(verdict).node()->token));
      return Continue;
    }
    r.count(c.refused);
    return r.reply(c.status, ReasonOf(verdict));
  }

 private:
  static Reason ReasonOf(Verdict verdict) {
    switch (verdict) {
      case Verdict::kNotAllowed:
        return "ip_list.not_allowed"_reason;
      case Verdict::kNoAddress:
        return "ip_list.no_address"_reason;
      case Verdict::kHeaderDenied:
        return "ip_list.header"_reason;
      case Verdict::kHeaderNotAllowed:
        return "ip_list.header_not_allowed"_reason;
      case Verdict::kDenied:
      case Verdict::kAdmitted:
        break;
    }
    return "ip_list.denied"_reason;
  }
};

}  // namespace
}  // namespace sp::ip_list

SALLYPORT_PLUGIN_WITH(SP_PLUGIN_UNLOADABLE, "ip_list", "1.0.0", sp::ip_list::IpList);
