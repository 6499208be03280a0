// The version of this program; set by the build.
#pragma once

#ifndef SALLYPORT_VERSION
#define SALLYPORT_VERSION "0.1.0"
#endif

namespace sp::server {

inline constexpr const char* kVersion = SALLYPORT_VERSION;

}  // namespace sp::server
