#include "filters/jwt/key_refresh.h"

#include <algorithm>
#include <charconv>

#include "filters/jwt/public_key.h"

namespace sp::jwt {
namespace {

using namespace sallyport::literals;
using sallyport::Answer;
using sallyport::Background;
using sallyport::Duration;
using sallyport::LogLevel;

constexpr Duration kAskInterval = 30s;
constexpr Duration kFirstRetry = 1s;
constexpr size_t kMaxWaiters = 1000;
constexpr size_t kMaxStoredBytes = 64 * 1024;  // of one value of the store
constexpr std::string_view kStoredForm = "jwks1 ";

// `duration` less a random part of at most a tenth.
Duration Jittered(Background& b, Duration duration) {
  uint32_t random = 0;
  b.random(&random, sizeof random);
  return duration - duration / 10 * (random % 1024) / 1024;
}

// All that decides which keys an address gives, so that no other provider's or cluster's keys are taken for these.
std::string StoreKey(const ProviderSpec& provider) {
  const KeySource& source = *provider.source;
  std::string text = provider.issuer + '\n' + source.cluster_name + '\n' + source.authority + '\n' + source.path;
  return "keys:" + Sha256Hex(text);
}

struct Stored {
  int64_t fetched_wall = 0;
  std::string_view text;
};

// "jwks1 <nanoseconds since 1970>\n<set>".
bool ParseStored(std::string_view value, Stored* stored) {
  if (!value.starts_with(kStoredForm)) return false;
  value.remove_prefix(kStoredForm.size());
  size_t line = value.find('\n');
  if (line == std::string_view::npos) return false;
  auto [end, error] = std::from_chars(value.data(), value.data() + line, stored->fetched_wall);
  stored->text = value.substr(line + 1);
  return error == std::errc() && end == value.data() + line;
}

}  // namespace

KeyRefresh::KeyRefresh(std::shared_ptr<const FilterSpec> spec) : spec_(std::move(spec)) {
  for (const ProviderSpec& provider : spec_->providers) {
    Source& source = sources_.emplace_back();
    if (!provider.source) continue;
    source.spec = &*provider.source;
    source.algorithms = provider.algorithms;
    source.store_key = StoreKey(provider);
  }
}

void KeyRefresh::Start(Background& b) {
  ref_ = b.ref();
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].spec == nullptr) continue;
    if (TakeFromStore(b, sources_[i])) {
      Schedule(b, i, NextRefresh(b, sources_[i]));
    } else {
      Fetch(b, i);
    }
  }
  Publish(b);
  UpdateReadiness(b);
}

void KeyRefresh::Ask(Background& b, size_t provider, KeyWaiter waiter) {
  Source& source = sources_[provider];
  bool rested = b.now() >= QuietUntil(source);
  if ((!source.fetching && !rested) || source.waiters.size() >= kMaxWaiters) {
    waiter({source.keys, QuietUntil(source)});
    return;
  }
  source.waiters.push_back(std::move(waiter));
  if (source.fetching) return;
  source.asked_at = b.now();
  Fetch(b, provider);
}

void KeyRefresh::Fetch(Background& b, size_t provider) {
  Source& source = sources_[provider];
  sallyport::Call call;
  call.cluster = source.spec->cluster;
  call.path = source.spec->path;
  call.authority = source.spec->authority;
  const sallyport::Header fields[] = {{"accept", "application/jwk-set+json, application/json"}};
  call.headers = std::span<const sallyport::Header>(fields);
  call.max_answer = source.spec->max_bytes;
  source.fetching = b.call(call, source.spec->timeout, [this, provider](Background& background, Answer& answer) {
    OnAnswer(background, provider, answer);
  });
  if (source.fetching) return;
  Fail(b, source, "the call was refused");
  Schedule(b, provider, NextRetry(b, source));
}

void KeyRefresh::OnAnswer(Background& b, size_t provider, const Answer& answer) {
  Source& source = sources_[provider];
  source.fetching = false;
  std::string error;
  if (answer.failed()) {
    Fail(b, source, answer.reason);
  } else if (answer.status != 200) {
    Fail(b, source, "the answer's status is " + std::to_string(answer.status));
  } else if (!Take(b, source, answer.body, &error)) {
    Fail(b, source, error);
  } else {
    source.failures = 0;
    source.fetched_at = b.now();
    source.fetched_wall = b.wall();
    b.count(spec_->counters.fetches_ok);
    KeepInStore(b, source);
  }
  Schedule(b, provider, source.failures == 0 ? NextRefresh(b, source) : NextRetry(b, source));
  UpdateReadiness(b);
  Tell(source);
}

bool KeyRefresh::Take(Background& b, Source& source, std::string_view text, std::string* error) {
  if (source.keys.keys && source.text == text) return true;
  KeySetResult result = ParseKeySet(text, source.algorithms);
  if (!result.keys) {
    *error = result.error;
    return false;
  }
  for (const std::string& sentence : result.left_out) {
    b.log(LogLevel::kInfo, "key set of cluster " + source.spec->cluster_name + ": not used: " + sentence);
  }
  source.keys = {result.keys, ++last_version_};
  source.text = text;
  Publish(b);
  return true;
}

bool KeyRefresh::TakeFromStore(Background& b, Source& source) {
  auto entry = b.store().get(source.store_key);
  Stored stored;
  if (!entry || !ParseStored(entry->value, &stored) || stored.fetched_wall <= source.fetched_wall) return false;
  int64_t age = b.wall() - stored.fetched_wall;
  std::string error;
  if (age < 0 || age >= source.spec->refresh.count() || !Take(b, source, stored.text, &error)) return false;
  source.fetched_at = b.now() - age;
  source.fetched_wall = stored.fetched_wall;
  return true;
}

void KeyRefresh::KeepInStore(Background& b, const Source& source) {
  std::string value = std::string(kStoredForm) + std::to_string(source.fetched_wall) + '\n' + source.text;
  if (value.size() <= kMaxStoredBytes) b.store().put(source.store_key, value, source.spec->max_age);
}

void KeyRefresh::Fail(Background& b, Source& source, std::string_view why) {
  ++source.failures;
  b.count(spec_->counters.fetches_failed);
  b.log(LogLevel::kWarn,
        "key set of cluster " + source.spec->cluster_name + " could not be fetched: " + std::string(why));
  DropIfTooOld(b, source);
}

void KeyRefresh::DropIfTooOld(Background& b, Source& source) {
  if (!source.keys.keys || b.now() - source.fetched_at < source.spec->max_age.count()) return;
  b.log(LogLevel::kError, "key set of cluster " + source.spec->cluster_name +
                              " is older than its max_age: tokens are refused until it can be fetched");
  source.keys = {nullptr, ++last_version_};
  source.text.clear();
  Publish(b);
}

void KeyRefresh::Schedule(Background& b, size_t provider, Duration after) {
  Source& source = sources_[provider];
  if (source.timer != 0) b.cancel(source.timer);
  source.timer = b.timer(after, [this, provider](Background& background) {
    sources_[provider].timer = 0;
    OnTimer(background, provider);
  });
}

void KeyRefresh::OnTimer(Background& b, size_t provider) {
  Source& source = sources_[provider];
  DropIfTooOld(b, source);
  if (source.fetching) return;  // which schedules what follows
  if (TakeFromStore(b, source)) {
    source.failures = 0;
    Schedule(b, provider, NextRefresh(b, source));
    UpdateReadiness(b);
  } else {
    Fetch(b, provider);
  }
}

void KeyRefresh::Publish(Background& b) {
  auto ring = std::make_unique<KeyRing>();
  for (const Source& source : sources_) ring->by_provider.push_back(source.keys);
  if (!b.publish(std::unique_ptr<const KeyRing>(std::move(ring)))) b.log(LogLevel::kError, "keys can't be published");
}

void KeyRefresh::UpdateReadiness(Background& b) {
  if (was_ready_) return;
  was_ready_ = std::all_of(sources_.begin(), sources_.end(), [](const Source& source) {
    return source.spec == nullptr || !source.spec->wait || source.keys.keys != nullptr;
  });
  b.ready(was_ready_);
}

void KeyRefresh::Tell(Source& source) {
  std::vector<KeyWaiter> waiters = std::move(source.waiters);
  source.waiters.clear();
  for (const KeyWaiter& waiter : waiters) waiter({source.keys, QuietUntil(source)});
}

int64_t KeyRefresh::QuietUntil(const Source& source) {
  return source.asked_at ? *source.asked_at + kAskInterval.count() : INT64_MIN;
}

Duration KeyRefresh::NextRefresh(Background& b, const Source& source) const {
  return std::max<Duration>(1s, Jittered(b, source.spec->refresh) - Duration(b.now() - source.fetched_at));
}

Duration KeyRefresh::NextRetry(Background& b, const Source& source) const {
  Duration delay = kFirstRetry * (1U << std::min(source.failures - 1, 12U));
  delay = Jittered(b, std::min(delay, source.spec->refresh));
  if (source.keys.keys) {  // not later than the moment when the keys become too old
    delay = std::min(delay, Duration(source.fetched_at + source.spec->max_age.count() - b.now()));
  }
  return std::max<Duration>(100ms, delay);
}

}  // namespace sp::jwt
