// The value of a field, or the default that its rule in the .proto names: the one place where defaults are written.
//
//   DurationOf(listener.timeouts(), v1::ListenerTimeouts::kHeaderFieldNumber)      10s where nothing is written
//   NumberOf(listener.limits(), v1::ListenerLimits::kTargetFieldNumber)            16384
//
// Of a message that isn't there, pass the empty one that the accessor gives. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"

namespace google::protobuf {
class Message;
}

namespace sp::config {

// Nothing where neither a value nor a default is there.
std::optional<Duration> FindDuration(const google::protobuf::Message& message, int field_number);
std::optional<uint64_t> FindNumber(const google::protobuf::Message& message, int field_number);

// For fields that have a default.
Duration DurationOf(const google::protobuf::Message& message, int field_number);
// Numbers and sizes.
uint64_t NumberOf(const google::protobuf::Message& message, int field_number);
bool BoolOf(const google::protobuf::Message& message, int field_number);
// The enum's number: `static_cast<v1::Filter::OnError>(EnumOf(…))`.
int EnumOf(const google::protobuf::Message& message, int field_number);

}  // namespace sp::config
