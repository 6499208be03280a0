// The inside of the fake host: what the opaque types of the ABI are there. For fake_*.cc only.
#pragma once

#include <nlohmann/json.hpp>

#include "test/support/fake_host.h"

struct sp_config {
  sp::testing::FakeConfig* fake;
  sp::testing::FakeDocument* document;
};
struct sp_stream {
  sp::testing::FakeStream* fake;
  sp_config* config;
};

namespace sp::testing {

inline std::string_view View(sp_str text) { return {text.ptr, static_cast<size_t>(text.len)}; }
inline sp_str Str(std::string_view text) { return {text.data(), text.size()}; }

struct FakeDocument {
  nlohmann::json root;
  Errors* errors;
  bool failed = false;
  mutable std::deque<std::string> texts;
  sp_config abi;
};

// Whom a post goes to.
struct Target {
  FakeHost* host = nullptr;
  std::weak_ptr<bool> alive;
  std::function<void(const sp_event&)> deliver;
};
sp_ref AddTarget(Target target);
sp_status PostTo(sp_ref ref, uint32_t tag, std::shared_ptr<void> holder, void* data);

FakeCall ReadCall(FakeConfig& config, const sp_call& call, uint64_t id);
// Calls `deliver` with the event of an answer; marks the call done.
void DeliverAnswer(FakeCall& call, const FakeAnswer& answer, const std::function<void(const sp_event&)>& deliver);
const sp_config_host& ConfigTableOf(FakeHost& host);

}  // namespace sp::testing
