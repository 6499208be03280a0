#include "core/config/source/file/event_stream.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include "core/config/source/file/scalar.h"

namespace sp::file {
namespace {

void Silent(fy_diag*, void*, const char*, size_t) {}

Position Start(const fy_event& event) {
  // libfyaml takes a pointer to non-const and doesn't write through it.
  const fy_mark* mark = fy_event_start_mark(const_cast<fy_event*>(&event));
  if (mark == nullptr || mark->line < 0 || mark->column < 0) return {};
  return {static_cast<uint32_t>(mark->line) + 1, static_cast<uint32_t>(mark->column) + 1};
}

}  // namespace

EventStream::EventStream(std::string_view text, bool json, OnError on_error) : on_error_(std::move(on_error)) {
  fy_diag_cfg diagnostics;
  fy_diag_cfg_default(&diagnostics);
  diagnostics.fp = nullptr;
  diagnostics.output_fn = Silent;
  diag_ = fy_diag_create(&diagnostics);
  fy_diag_set_collect_errors(diag_, true);
  fy_parse_cfg config{};
  config.diag = diag_;
  config.flags = static_cast<fy_parse_cfg_flags>(json ? FYPCF_JSON_FORCE : FYPCF_JSON_NONE);
  parser_ = fy_parser_create(&config);
  if (parser_ == nullptr || fy_parser_set_string(parser_, text.data(), text.size()) != 0) Stop({}, "out of memory");
}

EventStream::~EventStream() {
  if (current_ != nullptr) fy_parser_event_free(parser_, current_);
  if (parser_ != nullptr) fy_parser_destroy(parser_);
  fy_diag_destroy(diag_);
}

fy_event* EventStream::Parse() {
  if (current_ != nullptr) fy_parser_event_free(parser_, current_);
  current_ = fy_parser_parse(parser_);
  return current_;
}

const Event& EventStream::Next() {
  event_ = {Event::Kind::kEnd, false, event_.at, {}};
  while (!ended_) {
    const fy_event* parsed = Parse();
    if (parsed == nullptr) {
      if (fy_parser_get_stream_error(parser_)) ReportSyntax();
      ended_ = true;
      break;
    }
    Read(*parsed);
    if (event_.kind != Event::Kind::kEnd) break;
  }
  return event_;
}

// Leaves kEnd in event_ for what the reader needn't see.
void EventStream::Read(const fy_event& parsed) {
  if (const Position at = Start(parsed); at.line != 0) event_.at = at;
  switch (parsed.type) {
    case FYET_DOCUMENT_START:
      if (++documents_ > 1) Stop(event_.at, "a second document begins here; a file holds one");
      return;
    case FYET_SCALAR:
      return ReadScalar(parsed);
    case FYET_MAPPING_START:
      if (parsed.mapping_start.tag != nullptr) Refuse("tags are not read here");
      return Open(Event::Kind::kMappingStart);
    case FYET_SEQUENCE_START:
      if (parsed.sequence_start.tag != nullptr) Refuse("tags are not read here");
      return Open(Event::Kind::kListStart);
    case FYET_MAPPING_END:
      open_.pop_back();
      event_.kind = Event::Kind::kMappingEnd;
      return;
    case FYET_SEQUENCE_END:
      open_.pop_back();
      event_.kind = Event::Kind::kListEnd;
      return;
    case FYET_ALIAS:
      Refuse("aliases (`*name`) are not read here; write the value out, or make it a policy");
      event_.kind = Event::Kind::kUnusable;
      return;
    default:
      return;
  }
}

void EventStream::ReadScalar(const fy_event& parsed) {
  event_.kind = Event::Kind::kUnusable;
  if (parsed.scalar.tag != nullptr) return Refuse("tags are not read here");
  event_.kind = Event::Kind::kScalar;
  if (parsed.scalar.value == nullptr) {
    event_.plain = true;
    return;
  }
  size_t size = 0;
  const char* text = fy_token_get_text(parsed.scalar.value, &size);
  event_.text = {text, text == nullptr ? 0 : size};
  event_.plain = fy_token_scalar_style(parsed.scalar.value) == FYSS_PLAIN;
  if (size > kMaxScalar) {
    event_.kind = Event::Kind::kUnusable;
    return Refuse(fmt::format("a text of {} bytes is longer than {} bytes", size, kMaxScalar));
  }
  // The document is UTF-8; an escape can still name half a surrogate pair.
  if (!event_.plain && !IsUtf8(event_.text)) {
    event_.kind = Event::Kind::kUnusable;
    Refuse("the text is not valid UTF-8");
  }
}

void EventStream::Open(Event::Kind kind) {
  if (open_.size() == kMaxDepth) return Stop(event_.at, fmt::format("nested deeper than {}", kMaxDepth));
  open_.push_back(event_.at);
  event_.kind = kind;
}

void EventStream::Refuse(std::string message) { on_error_(event_.at, std::move(message)); }

void EventStream::Stop(Position at, std::string message) {
  on_error_(at, std::move(message));
  event_.kind = Event::Kind::kEnd;
  ended_ = true;
}

void EventStream::ReportSyntax() {
  broken_ = true;
  void* iterator = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diag_, &iterator);
  if (error == nullptr || error->msg == nullptr) return on_error_(event_.at, "this is not YAML");
  std::string message = error->msg;
  // `Invalid plain scalar`, but `JSON …`.
  if (message.size() > 1 && message[0] >= 'A' && message[0] <= 'Z' && message[1] >= 'a') message[0] += 'a' - 'A';
  if (message.find("without a closing") != std::string::npos && !open_.empty()) {
    message += fmt::format("; it begins at {}:{}", open_.back().line, open_.back().column);
  }
  Position at = event_.at;
  if (error->line > 0 && error->column >= 0) {
    at = {static_cast<uint32_t>(error->line), static_cast<uint32_t>(std::max(error->column, 1))};
  }
  on_error_(at, std::move(message));
}

}  // namespace sp::file
