// A configuration or any resource as people write it: YAML or JSON with names in snake_case, durations as `5s`, sizes
// as `64KiB`, fields in the order of the .proto, map keys sorted. What is written here loads again to the same message.
// For the admin's /config, `sallyport get` and diffs.
//
//   std::string text = RenderYaml(gateway);
//
// Secrets are shown as `<secret>` unless asked for. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace sp::config {

struct RenderOptions {
  bool secrets = false;  // show them
  // Of values in plugin configs, whose schemas the model doesn't know: whether the one at this path is a secret
  // (`listeners[0].filters[1].config.key`).
  std::function<bool(std::string_view path)> is_secret;
};

std::string RenderYaml(const google::protobuf::Message& resource, const RenderOptions& options = {});
std::string RenderJson(const google::protobuf::Message& resource, const RenderOptions& options = {});

// Shortest exact form that ParseByteSize reads back: `64KiB`, `500B`.
std::string FormatByteSize(uint64_t bytes);

}  // namespace sp::config
