#include "core/config/source/file/struct_reader.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>

#include "core/config/source/file/scalar.h"

namespace sp::file {

void StructReader::Read(google::protobuf::Struct& into, Node node) {
  for (;;) {
    const Event& key = events_.Next();
    if (key.kind == Event::Kind::kMappingEnd || key.kind == Event::Kind::kEnd) return;
    if (key.kind != Event::Kind::kScalar) {
      if (key.kind != Event::Kind::kUnusable) on_error_(node, key.at, "a key must be text");
      Skip(key.kind);
      Skip(events_.Next().kind);
      continue;
    }
    const std::string_view name = positions_.Keep(key.text);
    const Node child = positions_.AddField(node, name, key.at);
    auto [slot, added] = into.mutable_fields()->insert({std::string(name), {}});
    if (added) {
      ReadValue(slot->second, child, events_.Next());
    } else {
      on_error_(child, key.at, "is written twice");
      Skip(events_.Next().kind);
    }
    positions_.Close(child);
  }
}

void StructReader::ReadValue(google::protobuf::Value& into, Node node, const Event& event) {
  switch (event.kind) {
    case Event::Kind::kMappingStart:
      return Read(*into.mutable_struct_value(), node);
    case Event::Kind::kListStart:
      return ReadList(into, node);
    case Event::Kind::kScalar:
      if (event.plain) return ReadPlain(into, node, event);
      into.set_string_value(std::string(event.text));
      return;
    default:
      into.set_null_value(google::protobuf::NULL_VALUE);
      return;
  }
}

void StructReader::ReadList(google::protobuf::Value& into, Node node) {
  auto& list = *into.mutable_list_value();
  for (uint32_t index = 0;; ++index) {
    const Event& element = events_.Next();
    if (element.kind == Event::Kind::kListEnd || element.kind == Event::Kind::kEnd) return;
    const Node child = positions_.AddElement(node, index, element.at);
    ReadValue(*list.add_values(), child, element);
    positions_.Close(child);
  }
}

void StructReader::ReadPlain(google::protobuf::Value& into, Node node, const Event& event) {
  into.set_null_value(google::protobuf::NULL_VALUE);
  switch (TypeOfPlain(event.text)) {
    case PlainType::kNull:
      return;
    case PlainType::kBool:
      return into.set_bool_value(*ParseBool(event.text));
    case PlainType::kText:
      return into.set_string_value(std::string(event.text));
    case PlainType::kInteger: {
      const auto integer = ParseInteger(event.text);
      if (const auto exact = integer ? ExactDouble(*integer) : std::nullopt) return into.set_number_value(*exact);
      return on_error_(node, event.at,
                       fmt::format("{} is too large to be kept exactly; in quotes it is text", Quoted(event.text)));
    }
    case PlainType::kFloat:
      if (const auto value = ParseFloat(event.text)) return into.set_number_value(*value);
      return on_error_(node, event.at, fmt::format("{} is not a finite number", Quoted(event.text)));
  }
}

void StructReader::Skip(Event::Kind kind) {
  for (size_t depth = 0;; kind = events_.Next().kind) {
    if (kind == Event::Kind::kEnd) return;
    if (kind == Event::Kind::kMappingStart || kind == Event::Kind::kListStart) ++depth;
    if (kind == Event::Kind::kMappingEnd || kind == Event::Kind::kListEnd) --depth;
    if (depth == 0) return;
  }
}

}  // namespace sp::file
