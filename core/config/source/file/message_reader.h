// MessageReader: events become a message of the resource model by reflection, with the place of each value in a
// PositionMap beside it. Every error is reported and the reader goes on with the next value, so one reading finds all.
//
// What is written how stands in api/sallyport/v1/rules.proto. What is refused: unknown fields (with a suggestion), a
// key given twice, two fields that exclude each other, values of a wrong type, names kept for later versions.
#pragma once

#include <bitset>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/field_error.h"
#include "core/config/field_table.h"
#include "core/config/source/file/event_stream.h"
#include "core/config/source/file/position_map.h"

namespace google::protobuf {
class Message;
}

namespace sp::file {

class MessageReader {
 public:
  using OnError = std::function<void(Position at, FieldError error)>;

  MessageReader(EventStream& events, PositionMap& positions, OnError on_error)
      : events_(events), positions_(positions), on_error_(std::move(on_error)) {}

  // The whole document into `message`; none at all leaves it empty.
  void ReadDocument(google::protobuf::Message& message);

 private:
  using Node = PositionMap::Node;
  using Message = google::protobuf::Message;
  struct Seen {
    std::bitset<config::MessageTable::kMaxFields> fields;
  };

  void ReadFields(Message& message, const config::MessageTable& table, Node node);
  void ReadField(Message& message, const config::MessageTable& table, Node node, Seen& seen);
  bool MayFollow(const config::MessageTable& table, const config::FieldInfo& field, Node node, const Seen& seen);
  void ReadList(Message& message, const config::FieldInfo& field, Node node);
  void ReadMap(Message& message, const config::FieldInfo& field, Node node);
  // One value, element or map value; the event is its first. Whether it was of the right type.
  bool ReadValue(Message& message, const config::FieldInfo& field, Node node, const Event& event);
  bool ReadNested(Message& message, const config::FieldInfo& field, Node node, const Event& event);

  bool WantMapping(const Event& event, Node node, std::string_view what);
  // Passes over the value that begins with the current event, or with the next one.
  void Skip(const Event& first);
  void SkipNext() { Skip(events_.Next()); }
  void Fail(Node node, Position at, std::string message, std::string_view suggestion = {});
  void FailAt(Node node, std::string_view name, Position at, std::string message, std::string_view suggestion = {});

  EventStream& events_;
  PositionMap& positions_;
  OnError on_error_;
};

}  // namespace sp::file
