#include "core/base/log.h"

#include <fmt/chrono.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <string>

namespace sp {

namespace log_internal {
std::atomic<LogLevel> threshold{LogLevel::kInfo};
}

namespace {

std::atomic<LogFormat> format{LogFormat::kText};
std::atomic<LogSink> sink{nullptr};

constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error"};

// Control bytes, quotes and backslashes as JSON escapes; newlines too, so that a message stays one line.
std::string Escaped(std::string_view text, bool json) {
  std::string out;
  out.reserve(text.size());
  for (const unsigned char c : text) {
    if (json && (c == '"' || c == '\\')) {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

}  // namespace

void SetLogLevel(LogLevel level) { log_internal::threshold.store(level, std::memory_order_relaxed); }
void SetLogFormat(LogFormat f) { format.store(f, std::memory_order_relaxed); }
void SetLogSink(LogSink s) { sink.store(s, std::memory_order_relaxed); }

void Log(LogLevel level, std::string_view message) {
  if (LogSink s = sink.load(std::memory_order_relaxed)) return s(level, message);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto name = kNames[static_cast<size_t>(level)];
  const auto time = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  const auto millis = now.time_since_epoch().count() % 1000;
  const std::string line = format.load(std::memory_order_relaxed) == LogFormat::kJson
                               ? fmt::format("{{\"time\":\"{}.{:03}Z\",\"level\":\"{}\",\"message\":\"{}\"}}\n", time,
                                             millis, name, Escaped(message, true))
                               : fmt::format("{}.{:03}Z {:5} {}\n", time, millis, name, Escaped(message, false));
  // One write, so that lines of several threads never mix.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sp
