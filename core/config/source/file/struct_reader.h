// StructReader: any mapping into a google.protobuf.Struct, typed as YAML 1.2's core schema says. A plugin's schema
// decides later what may stand there. Numbers are doubles: a whole number that a double can't hold exactly is an error
// and belongs in quotes.
#pragma once

#include <functional>
#include <string>

#include "core/config/source/file/event_stream.h"
#include "core/config/source/file/position_map.h"

namespace google::protobuf {
class Struct;
class Value;
}  // namespace google::protobuf

namespace sp::file {

class StructReader {
 public:
  using OnError = std::function<void(PositionMap::Node node, Position at, std::string message)>;

  StructReader(EventStream& events, PositionMap& positions, OnError on_error)
      : events_(events), positions_(positions), on_error_(std::move(on_error)) {}

  // The mapping whose start is the current event, up to its end.
  void Read(google::protobuf::Struct& into, PositionMap::Node node);

 private:
  using Node = PositionMap::Node;
  void ReadValue(google::protobuf::Value& into, Node node, const Event& event);
  void ReadList(google::protobuf::Value& into, Node node);
  void ReadPlain(google::protobuf::Value& into, Node node, const Event& event);
  void Skip(Event::Kind kind);

  EventStream& events_;
  PositionMap& positions_;
  OnError on_error_;
};

}  // namespace sp::file
