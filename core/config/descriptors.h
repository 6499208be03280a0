// The descriptors of the configuration's messages with their comments: a serialised FileDescriptorSet of
// sallyport/v1/gateway.proto and what it imports. (Compiled-in descriptors have lost the comments.) Made by the build.
#pragma once

#include <string_view>

namespace sp::config {

std::string_view EmbeddedDescriptors();

}  // namespace sp::config
