#include "filters/rate_limit/limit.h"

#include <cmath>

namespace sp::rate_limit {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

uint32_t CeilSeconds(uint64_t nanoseconds) {
  const uint64_t seconds = nanoseconds / kSecond + (nanoseconds % kSecond != 0 ? 1 : 0);
  return static_cast<uint32_t>(std::min<uint64_t>(seconds, UINT32_MAX));
}

}  // namespace

Limit::Limit(const Json& j, std::string name)
    : name_(j.at("name").str(name)),
      key_(j.at("key")),
      algorithm_(j.at("algorithm")
                     .pick<Algorithm>(
                         {{"token_bucket", Algorithm::kTokenBucket}, {"sliding_window", Algorithm::kSlidingWindow}},
                         Algorithm::kTokenBucket)),
      skip_missing_(j.at("missing").pick<bool>({{"share", false}, {"skip", true}}, false)) {
  const int64_t rate = j.at("rate").i64();
  const auto per = static_cast<uint64_t>(j.at("per").duration(std::chrono::seconds(1)).count());
  const int64_t cost = j.at("cost").i64(1);
  const bool bucket = algorithm_ == Algorithm::kTokenBucket;
  if (!bucket && j.at("burst").exists()) j.at("burst").fail("is for a token bucket: a window has its rate alone");
  const int64_t burst = bucket ? j.at("burst").i64(rate) : rate;
  if (rate > 0 && cost > burst) j.at("cost").fail("is more than may ever come at once");
  if (per == 0) j.at("per").fail("must be more than nothing");
  bucket_ = {static_cast<double>(rate) * 1e9 / static_cast<double>(per), static_cast<double>(burst),
             static_cast<double>(cost)};
  window_ = {per, static_cast<uint64_t>(rate), static_cast<uint64_t>(cost)};
  // A bucket is whole again after it was filled from empty; that is its window for the client.
  const double whole = bucket ? static_cast<double>(burst) / bucket_.rate : static_cast<double>(per) / 1e9;
  policy_ = "\"" + name_ + "\";q=" + std::to_string(burst) +
            ";w=" + std::to_string(static_cast<uint64_t>(std::max(1.0, std::ceil(whole - 1e-9))));
}

Limit::Outcome Limit::Ask(const Request& r, Left* left, uint32_t* retry_seconds) const {
  KeyBuffer key;
  key.Append(name_);
  if (!key_.Read(r, skip_missing_, key)) return Outcome::kSkipped;
  const auto quota =
      algorithm_ == Algorithm::kTokenBucket ? r.store().take(key.view(), bucket_) : r.store().add(key.view(), window_);
  if (!quota.ok()) return Outcome::kFailed;
  left->requests = static_cast<uint32_t>(quota.remaining + 1e-9);
  left->seconds = CeilSeconds(quota.reset_ns);
  if (quota.overflow != 0) return Outcome::kFull;
  if (quota.allowed != 0) return Outcome::kAllowed;
  *retry_seconds = std::max(1u, CeilSeconds(quota.retry_ns));
  return Outcome::kRefused;
}

}  // namespace sp::rate_limit
