#include "core/config/source/file/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "core/config/source/file/event_stream.h"
#include "core/config/source/file/message_reader.h"
#include "core/config/source/file/scalar.h"
#include "core/config/validate/validate.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::file {

namespace v1 = ::sallyport::v1;

LoadResult::LoadResult() : gateway(std::make_unique<v1::Gateway>()) {}
LoadResult::LoadResult(LoadResult&&) noexcept = default;
LoadResult& LoadResult::operator=(LoadResult&&) noexcept = default;
LoadResult::~LoadResult() = default;

namespace {

LoadResult Begin(std::string_view file_name) {
  LoadResult result;
  result.file_name = file_name;
  std::error_code ignored;
  const auto path = std::filesystem::absolute(std::filesystem::path(file_name), ignored);
  result.folder = path.parent_path().lexically_normal().string();
  return result;
}

LoadResult Unreadable(std::string_view file_name, std::string message) {
  LoadResult result = Begin(file_name);
  result.broken = true;
  result.errors.push_back({{"", std::move(message), ""}, {}});
  return result;
}

void Sort(std::vector<LocatedError>& errors) {
  std::stable_sort(errors.begin(), errors.end(),
                   [](const LocatedError& a, const LocatedError& b) { return a.at < b.at; });
}

Position PositionAt(std::string_view text, size_t offset) {
  Position at{1, 1};
  for (const char c : text.substr(0, offset)) {
    at.column = c == '\n' ? 1 : at.column + ((c & 0xC0) != 0x80 ? 1 : 0);
    if (c == '\n') ++at.line;
  }
  return at;
}

// Names and values come from the file: they must not break the line or steer a terminal (THREATS T129).
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

LoadResult Load(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaxDocument) {
    return Unreadable(file_name, fmt::format("longer than {} MiB", kMaxDocument >> 20));
  }
  LoadResult result = Begin(file_name);
  if (const auto bad = FindUnreadable(text)) {
    const auto byte = static_cast<unsigned char>(text[*bad]);
    result.broken = true;
    result.errors.push_back(
        {{"", fmt::format("byte 0x{:02x} is no text: a file is UTF-8 without control characters", byte), ""},
         PositionAt(text, *bad)});
    return result;
  }
  LocatedError last;
  EventStream* reading = nullptr;
  const auto report = [&](Position at, FieldError error) {
    result.errors.push_back({std::move(error), at});
    if (result.errors.size() == kMaxErrors && reading != nullptr) reading->End();
  };
  EventStream events(text, file_name.ends_with(".json"), [&](Position at, std::string message) {
    last = {{"", std::move(message), ""}, at};
    report(at, last.error);
  });
  reading = &events;
  MessageReader(events, result.positions, report).ReadDocument(*result.gateway);
  if (events.broken()) {
    // What was understood before the syntax broke may be a misunderstanding: where it broke alone is sure.
    result.broken = true;
    result.errors.assign(1, std::move(last));
  }
  Sort(result.errors);
  if (result.errors.size() >= kMaxErrors) {
    result.broken = true;
    result.errors.push_back({{"", "too many errors: the rest of the file was not read", ""}, {}});
  }
  return result;
}

LoadResult LoadFile(const std::string& path) {
  const bool standard_input = path == "-";
  std::FILE* file = standard_input ? stdin : std::fopen(path.c_str(), "re");
  if (file == nullptr) return Unreadable(path, fmt::format("cannot be opened: {}", std::strerror(errno)));
  std::string text;
  char part[64 << 10];
  size_t n = 0;
  while (text.size() <= kMaxDocument && (n = std::fread(part, 1, sizeof part, file)) > 0) text.append(part, n);
  const int failed = std::ferror(file) != 0 ? errno : 0;
  if (!standard_input) std::fclose(file);
  if (failed != 0) return Unreadable(path, fmt::format("cannot be read: {}", std::strerror(failed)));
  return Load(text, path);
}

std::vector<LocatedError> Locate(const PositionMap& positions, const FieldErrors& errors) {
  std::vector<LocatedError> located;
  located.reserve(errors.size());
  for (const FieldError& error : errors) located.push_back({error, positions.Find(error.path)});
  Sort(located);
  return located;
}

std::string LocatedError::ToString() const {
  const std::string text = Escaped(error.ToString());
  return at.line == 0 ? text : fmt::format("{}:{}: {}", at.line, at.column, text);
}

std::string RenderErrors(std::string_view file_name, const std::vector<LocatedError>& errors) {
  std::string out;
  for (const LocatedError& error : errors) {
    out += fmt::format("{}:{}{}\n", file_name, error.at.line == 0 ? " " : "", error.ToString());
  }
  return out;
}

}  // namespace sp::file
