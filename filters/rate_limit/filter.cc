// rate_limit: asks each limit in turn, refuses at the first that says no, and tells the client what is left.
#include <sallyport/sdk.hpp>

#include "filters/rate_limit/fields.h"
#include "filters/rate_limit/limit.h"

namespace sp::rate_limit {
namespace {

using namespace sallyport;

// Of a limit that a route doesn't name: the same text gives the same name, after a reload too.
std::string NameFromText(std::string_view json) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : json) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  std::string name = "r";
  for (int i = 0; i < 8; ++i) name += "0123456789abcdef"[hash >> (4 * i) & 15];
  return name;
}

struct RateLimit : HttpFilter {
  static constexpr bool kGuard = true;
  static constexpr bool kWaits = false;

  struct Config {
    explicit Config(const Json& j)
        : refused(j.counter("refused_total")),
          would_refuse(j.counter("would_refuse_total")),
          uncounted(j.counter("uncounted_total")),
          limit_name(j.metadata("limit")) {
      Read(j, false);
    }
    Config(const Config& below, const Json& route) : Config(below) { Read(route, true); }

    std::vector<Limit> limits;
    std::string policy;
    uint32_t status = 429;
    bool headers = true, shadow = false, deny_when_full = true;
    Counter refused, would_refuse, uncounted;
    Slot limit_name;

   private:
    void Read(const Json& j, bool of_route) {
      status = static_cast<uint32_t>(j.at("status").i64(status));
      headers = j.at("headers").boolean(headers);
      shadow = j.at("shadow").boolean(shadow);
      deny_when_full = j.at("on_full").pick<bool>({{"deny", true}, {"allow", false}}, deny_when_full);
      if (of_route && !j.at("limits").exists()) return;
      if (of_route && !j.at("extend").boolean(false)) limits.clear();
      size_t place = 0;
      for (const Json limit : j.at("limits").each()) {
        limits.emplace_back(limit, of_route ? NameFromText(limit.json()) : std::to_string(++place));
        CheckName(limit);
      }
      if (limits.size() > kMaxLimits) j.at("limits").fail("are more than 8, with those of the filter");
      policy.clear();
      for (const Limit& limit : limits) policy += (policy.empty() ? "" : ", ") + limit.policy();
    }
    void CheckName(const Json& at) const {
      for (size_t i = 0; i + 1 < limits.size(); ++i) {
        if (limits[i].name() == limits.back().name()) at.fail("has the name of another limit: " + limits[i].name());
      }
    }
  };

  Result on_request(Request& r, const Config& c) {
    for (size_t i = 0; i < c.limits.size(); ++i) {
      uint32_t retry_seconds = 1;
      const Limit::Outcome outcome = c.limits[i].Ask(r, &asked_.left[i], &retry_seconds);
      if (outcome == Limit::Outcome::kSkipped) continue;
      if (outcome == Limit::Outcome::kFailed) return Error;
      if (outcome == Limit::Outcome::kFull) r.count(c.uncounted);
      const bool refuse = outcome == Limit::Outcome::kRefused || (outcome == Limit::Outcome::kFull && c.deny_when_full);
      if (outcome != Limit::Outcome::kFull) asked_.limits |= 1u << i;
      if (!refuse) continue;
      r.set_metadata(c.limit_name, Value::of(std::string_view(c.limits[i].name())));
      if (!c.shadow) return Refuse(r, c, outcome, retry_seconds);
      r.count(c.would_refuse);
    }
    return Continue;
  }

  Result on_response(Response& r, const Config& c) {
    if (!c.headers || c.shadow || asked_.limits == 0) return Continue;
    r.headers.set("ratelimit-policy", c.policy);
    r.headers.set("ratelimit", RateLimitField(c.limits, asked_).view());
    return Continue;
  }

 private:
  Result Refuse(Request& r, const Config& c, Limit::Outcome outcome, uint32_t retry_seconds) {
    r.count(c.refused);
    const Reason reason = outcome == Limit::Outcome::kFull ? "rate_limit.full"_reason : "rate_limit.exceeded"_reason;
    if (!c.headers) return r.reply(c.status, reason);
    char digits[10];
    const auto length = static_cast<size_t>(std::to_chars(digits, digits + 10, retry_seconds).ptr - digits);
    const std::string_view retry_after(digits, length);
    if (asked_.limits == 0) return r.reply(c.status, reason, {.headers = {{"retry-after", retry_after}}});
    const RateLimitField field(c.limits, asked_);
    return r.reply(
        c.status, reason,
        {.headers = {{"retry-after", retry_after}, {"ratelimit-policy", c.policy}, {"ratelimit", field.view()}}});
  }

  Asked asked_{};
};

}  // namespace
}  // namespace sp::rate_limit

SALLYPORT_PLUGIN_WITH(SP_PLUGIN_UNLOADABLE, "rate_limit", "1.0.0", sp::rate_limit::RateLimit);
