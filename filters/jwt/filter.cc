#include "filters/jwt/filter.h"

#include "filters/jwt/authenticate.h"

namespace sp::jwt {
namespace {

using namespace sallyport::literals;
using sallyport::Background;
using sallyport::Json;
using sallyport::Request;
using sallyport::Result;
using sallyport::Value;

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr sallyport::Duration kBeyondTheFetch = 1s;  // a request waits so much longer than the fetch may take

int64_t WallMilliseconds(const Request& r) { return r.wall() / kNanosecondsPerMillisecond; }

void Find(const Request& r, const TokenPlaces& places, TokenFinder* finder) {
  if (places.authorization) {
    for (std::string_view value : r.headers.values("authorization")) finder->AddAuthorization(value);
  }
  for (const std::string& name : places.headers) {
    for (std::string_view value : r.headers.values(name)) finder->AddHeader(name, value);
  }
  if (!places.cookies.empty()) {
    for (std::string_view value : r.headers.values("cookie")) finder->AddCookies(places, value);
  }
  if (!places.parameters.empty()) finder->AddQuery(places, r.query());
}

void StripCookie(Request& r, std::string_view name) {
  std::vector<std::string> kept;
  for (std::string_view line : r.headers.values("cookie")) kept.push_back(WithoutCookie(line, name));
  r.headers.remove("cookie");
  for (const std::string& line : kept) {
    if (!line.empty()) r.headers.add("cookie", line);
  }
}

}  // namespace

JwtFilter::Config::Config(const Json& config) : spec(std::make_shared<const FilterSpec>(config)) {
  WrittenRequirements written = ReadRequirements(config);
  written.audiences.reset();  // the providers have them
  requirements.Overlay(std::move(written));
  if (spec->HasKeySources()) refresh = std::make_shared<KeyRefresh>(spec);
}

JwtFilter::Config::Config(const Config& below, const Json& route) : Config(below) {
  requirements.Overlay(ReadRequirements(route));
}

void JwtFilter::Config::start(Background& b) {
  if (refresh) refresh->Start(b);
}

JwtFilter::Worker::Worker(const Config& config)
    : cache(config.spec->cache_bytes, config.spec->cache_max_age.count(), config.spec->seed),
      quiet_until(config.spec->providers.size(), INT64_MIN) {}

Result JwtFilter::on_request(Request& r, const Config& c) {
  if (!c.requirements.require) return sallyport::Continue;
  Find(r, c.spec->places, &finder_);
  Refusal refusal = finder_.Result();
  if (refusal == Refusal::kMissing && c.requirements.allow_missing) {
    r.count(c.spec->counters.missing);
    return sallyport::Continue;
  }
  return refusal == Refusal::kNone ? Decide(r, c, nullptr) : Refuse(r, c, refusal);
}

Result JwtFilter::Decide(Request& r, const Config& c, const CurrentKeys* told) {
  const FilterSpec& spec = *c.spec;
  auto* worker = r.worker<Worker>();
  if (worker == nullptr) return sallyport::Error;
  const auto* ring = r.published<KeyRing>();
  std::string_view text = finder_.token();
  if (const VerifiedToken* known = worker->cache.Find(text, r.now())) {
    if (IsStillGood(*known, spec, ring, WallMilliseconds(r))) {
      r.count(spec.counters.cache_hits);
      return Admit(r, c, *known);
    }
    worker->cache.Remove(text);
  }
  r.count(spec.counters.cache_misses);
  Outcome outcome = Authenticate(text, spec, ring, told, WallMilliseconds(r));
  if (outcome.refusal == Refusal::kKeyId && told == nullptr) return AskForKeys(r, c, outcome.provider);
  if (outcome.refusal != Refusal::kNone) return Refuse(r, c, outcome.refusal);
  Result result = Admit(r, c, *outcome.token);
  worker->cache.Insert(std::move(outcome.token), r.now());
  return result;
}

Result JwtFilter::Admit(Request& r, const Config& c, const VerifiedToken& token) {
  const FilterSpec& spec = *c.spec;
  Refusal refusal = c.requirements.Check(token.registered, *token.claims, spec.providers[token.provider].audiences);
  if (refusal != Refusal::kNone) return Refuse(r, c, refusal);
  r.count(spec.counters.accepted);
  if (!Identify(r, spec, token)) return sallyport::Error;
  if (spec.strip_token) StripToken(r);
  return sallyport::Continue;
}

// False where the host took something not: an upstream that misses a part of the identity could take it for another.
bool JwtFilter::Identify(Request& r, const FilterSpec& spec, const VerifiedToken& token) {
  const RegisteredClaims& registered = token.registered;
  bool ok = true;
  if (registered.subject) ok = ok && r.set_metadata(spec.slots.subject, Value::of(*registered.subject)) == SP_OK;
  if (registered.issuer) ok = ok && r.set_metadata(spec.slots.issuer, Value::of(*registered.issuer)) == SP_OK;
  ok = ok && r.set_metadata(spec.slots.scope, Value::of(token.scope)) == SP_OK;
  ok = ok && r.set_metadata(spec.slots.payload, Value::of_json(token.payload)) == SP_OK;
  for (const SlotValue& value : token.slots) ok = ok && r.set_metadata(value.slot, value.value()) == SP_OK;
  for (const HeaderValue& header : token.headers) ok = ok && r.headers.set(*header.header, header.text) == SP_OK;
  if (!spec.payload_header.empty()) {
    ok = ok && r.headers.set(spec.payload_header, token.encoded_payload) == SP_OK;
  }
  return ok;
}

Result JwtFilter::Refuse(Request& r, const Config& c, Refusal refusal) {
  const FilterSpec& spec = *c.spec;
  r.count(refusal == Refusal::kMissing ? spec.counters.missing : spec.counters.refused);
  const RefusalRow& row = RowOf(refusal);
  std::string challenge = MakeChallenge(spec.challenge, refusal, c.requirements.ScopeText());
  const sallyport::Header fields[] = {{"www-authenticate", challenge}};
  sallyport::ReplyOptions options;
  options.detail = row.detail;
  if (!challenge.empty()) options.headers = std::span<const sallyport::Header>(fields);
  return r.reply(row.status, spec.reasons[static_cast<size_t>(refusal)], options);
}

Result JwtFilter::AskForKeys(Request& r, const Config& c, size_t provider) {
  const std::optional<KeySource>& source = c.spec->providers[provider].source;
  if (!source || r.now() < r.worker<Worker>()->quiet_until[provider]) return Refuse(r, c, Refusal::kKeyId);
  // Each lambda runs only while its stream or config lives, and with that all that it points to.
  auto on_keys = [this, config = &c, provider](Request& request, const KeyAnswer& answer) {
    OnKeys(request, *config, provider, answer);
  };
  KeyWaiter waiter = [stream = r.ref(), on_keys](const KeyAnswer& answer) {
    stream.post([on_keys, answer](Request& request) { on_keys(request, answer); });
  };
  bool asked = c.refresh->ref().post(
      [refresh = c.refresh.get(), provider, waiter](Background& b) { refresh->Ask(b, provider, waiter); });
  if (!asked) return Refuse(r, c, Refusal::kKeyId);
  waiting_ = true;
  timer_ = r.timer(source->timeout + kBeyondTheFetch, [this, config = &c](Request& request) {
    if (!waiting_) return;
    waiting_ = false;
    if (Refuse(request, *config, Refusal::kKeyId) != Result::Replied) request.resume(sallyport::Error);
  });
  return sallyport::Pause;
}

void JwtFilter::OnKeys(Request& r, const Config& c, size_t provider, const KeyAnswer& answer) {
  if (!waiting_) return;
  waiting_ = false;
  r.cancel(timer_);
  auto* worker = r.worker<Worker>();
  if (worker != nullptr) worker->quiet_until[provider] = answer.quiet_until_ns;
  Result result = sallyport::Error;
  try {
    result = Decide(r, c, &answer.keys);
  } catch (...) {  // out of memory: the request must not wait for ever
  }
  if (result != Result::Replied) r.resume(result);
}

void JwtFilter::StripToken(Request& r) {
  switch (finder_.kind()) {
    case PlaceKind::kAuthorization:
      r.headers.remove("authorization");
      break;
    case PlaceKind::kHeader:
      r.headers.remove(finder_.name());
      break;
    case PlaceKind::kCookie:
      StripCookie(r, finder_.name());
      break;
    case PlaceKind::kParameter:
      r.set_query(WithoutParameter(r.query(), finder_.name()));
      break;
  }
}

}  // namespace sp::jwt

SALLYPORT_PLUGIN_WITH(SP_PLUGIN_UNLOADABLE, "jwt", "1.0.0", sp::jwt::JwtFilter);
