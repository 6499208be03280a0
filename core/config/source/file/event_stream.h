// EventStream: YAML or JSON text as a stream of events with positions, by libfyaml, within bounds: no document tree is
// built, and nothing is held but the current event.
//
// Refused, each with an error and then passed over as kUnusable or by ending the stream: aliases (with them a small
// file can unfold into a huge one), tags, a second document, nesting deeper than kMaxDepth, a scalar longer than
// kMaxScalar, text that is not UTF-8, syntax errors.
//
// One thread; `text` outlives the stream. Views in an Event hold until the next call of Next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/source/file/position_map.h"

struct fy_diag;
struct fy_event;
struct fy_parser;
struct fy_token;

namespace sp::file {

struct Event {
  enum class Kind : uint8_t { kScalar, kMappingStart, kMappingEnd, kListStart, kListEnd, kUnusable, kEnd };
  Kind kind = Kind::kEnd;
  bool plain = false;  // a scalar without quotes: it may be a number, a bool or nothing
  Position at;
  std::string_view text;
};

class EventStream {
 public:
  static constexpr size_t kMaxDepth = 64;
  static constexpr size_t kMaxScalar = 1 << 20;  // bytes

  using OnError = std::function<void(Position at, std::string message)>;

  // `json`: the text must be JSON, not only YAML.
  EventStream(std::string_view text, bool json, OnError on_error);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // kEnd for ever once the text has ended or its syntax is broken.
  const Event& Next();
  // There is nothing more to read: kEnd from now on.
  void End() { ended_ = true; }
  const Event& current() const { return event_; }
  // The text isn't YAML (or JSON) from some place on; what came before may be misunderstood as well.
  bool broken() const { return broken_; }

 private:
  fy_event* Parse();
  void Read(const fy_event& parsed);
  void ReadScalar(const fy_event& parsed);
  void Open(Event::Kind kind);
  void Refuse(std::string message);
  void Stop(Position at, std::string message);
  void ReportSyntax();

  OnError on_error_;
  fy_diag* diag_ = nullptr;
  fy_parser* parser_ = nullptr;
  fy_event* current_ = nullptr;
  Event event_;
  std::vector<Position> open_;  // where the containers around the current event begin
  int documents_ = 0;
  bool ended_ = false;
  bool broken_ = false;
};

}  // namespace sp::file
