// The process log: what an operator should know (start, reload, refusals), one line a message on stderr. Not for
// requests: those go to the access log. Thread-safe; lines are never interleaved.
//
//   SP_LOG(kInfo, "listener {} on {}", name, address);
//
// Levels below the threshold cost one relaxed load. Control bytes in a message are escaped.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <string_view>

namespace sp {

enum class LogLevel : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : uint8_t { kText, kJson };

namespace log_internal {
extern std::atomic<LogLevel> threshold;
}

inline bool LogEnabled(LogLevel level) { return level >= log_internal::threshold.load(std::memory_order_relaxed); }
void SetLogLevel(LogLevel level);
void SetLogFormat(LogFormat format);
// Where lines go instead of stderr; null for stderr again. For tests and for the plugin test host.
using LogSink = void (*)(LogLevel level, std::string_view message);
void SetLogSink(LogSink sink);
void Log(LogLevel level, std::string_view message);

}  // namespace sp

#define SP_LOG(level, ...)                                                                                     \
  do {                                                                                                         \
    if (::sp::LogEnabled(::sp::LogLevel::level)) ::sp::Log(::sp::LogLevel::level, ::fmt::format(__VA_ARGS__)); \
  } while (0)
