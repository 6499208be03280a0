#include "core/config/source/file/message_reader.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

#include <unordered_set>

#include "core/config/source/file/scalar.h"
#include "core/config/source/file/struct_reader.h"
#include "core/config/source/file/value_reader.h"
#include "sallyport/v1/rules.pb.h"

namespace sp::file {

using config::FieldInfo;
using config::FieldKind;
using config::MessageTable;

namespace {

std::string_view WhatIs(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kMappingStart:
      return "a mapping";
    case Event::Kind::kListStart:
      return "a list";
    case Event::Kind::kScalar:
      return event.plain && TypeOfPlain(event.text) == PlainType::kNull ? "nothing" : "a single value";
    default:
      return "the end";
  }
}

bool IsNothing(const Event& event) {
  return event.kind == Event::Kind::kScalar && event.plain && TypeOfPlain(event.text) == PlainType::kNull;
}

// A map's value as a field of the map's entry message.
FieldInfo ValueOf(const FieldInfo& map) {
  FieldInfo value = map;
  value.field = map.value;
  value.map = false;
  return value;
}

}  // namespace

void MessageReader::ReadDocument(Message& message) {
  const Event& first = events_.Next();
  if (first.kind == Event::Kind::kEnd || IsNothing(first)) {
    events_.Next();  // there must be no second document
    return;
  }
  if (!WantMapping(first, PositionMap::kRoot, "a mapping")) return;
  ReadFields(message, MessageTable::Of(*message.GetDescriptor()), PositionMap::kRoot);
  positions_.Close(PositionMap::kRoot);
  while (events_.Next().kind != Event::Kind::kEnd) {
  }
}

void MessageReader::ReadFields(Message& message, const MessageTable& table, Node node) {
  Seen seen;
  for (;;) {
    const Event& key = events_.Next();
    if (key.kind == Event::Kind::kMappingEnd || key.kind == Event::Kind::kEnd) return;
    if (key.kind == Event::Kind::kScalar) {
      ReadField(message, table, node, seen);
      continue;
    }
    if (key.kind != Event::Kind::kUnusable) Fail(node, key.at, "a key must be text");
    Skip(key);
    SkipNext();
  }
}

// The current event is the key.
void MessageReader::ReadField(Message& message, const MessageTable& table, Node node, Seen& seen) {
  const Event& key = events_.current();
  const Position at = key.at;
  const FieldInfo* field = table.Find(key.text);
  if (field == nullptr) {
    const std::string name(key.text);
    FailAt(node, Quoted(name) == "\"" + name + "\"" ? name : Quoted(name), at, "unknown field", table.Suggest(name));
    return SkipNext();
  }
  const Node child = positions_.AddField(node, field->name, at);
  if (!MayFollow(table, *field, child, seen)) {
    SkipNext();
  } else if (seen.fields.set(field->index); field->list) {
    ReadList(message, *field, child);
  } else if (field->map) {
    ReadMap(message, *field, child);
  } else {
    ReadValue(message, *field, child, events_.Next());
  }
  positions_.Close(child);
}

bool MessageReader::MayFollow(const MessageTable& table, const FieldInfo& field, Node node, const Seen& seen) {
  if (seen.fields.test(field.index)) {
    Fail(node, positions_.At(node), "is written twice");
    return false;
  }
  if (!field.rules->reserved().empty()) {
    Fail(node, positions_.At(node), field.rules->reserved());
    return false;
  }
  if (field.choice.empty()) return true;
  for (const FieldInfo& other : table.fields()) {
    if (!seen.fields.test(other.index) || other.choice != field.choice) continue;
    Fail(node, positions_.At(node), fmt::format("excludes `{}`: only one of them may be written", other.name));
    return false;
  }
  return true;
}

void MessageReader::ReadList(Message& message, const FieldInfo& field, Node node) {
  const Event& start = events_.Next();
  if (IsNothing(start)) return;
  if (start.kind != Event::Kind::kListStart) {
    if (start.kind != Event::Kind::kUnusable) {
      Fail(node, start.at, fmt::format("expected a list, found {}", WhatIs(start)));
    }
    return Skip(start);
  }
  for (uint32_t index = 0;; ++index) {
    const Event& element = events_.Next();
    if (element.kind == Event::Kind::kListEnd || element.kind == Event::Kind::kEnd) return;
    const Node child = positions_.AddElement(node, index, element.at);
    // An element that can't be read is kept empty, so that the indices of those behind it stay true.
    if (!ReadValue(message, field, child, element)) AddEmpty(message, field);
    positions_.Close(child);
  }
}

void MessageReader::ReadMap(Message& message, const FieldInfo& field, Node node) {
  const Event& start = events_.Next();
  if (IsNothing(start)) return;
  if (!WantMapping(start, node, "a mapping")) return;
  const FieldInfo value = ValueOf(field);
  std::unordered_set<std::string_view> keys;
  for (;;) {
    const Event& key = events_.Next();
    if (key.kind == Event::Kind::kMappingEnd || key.kind == Event::Kind::kEnd) return;
    if (key.kind != Event::Kind::kScalar) {
      if (key.kind != Event::Kind::kUnusable) Fail(node, key.at, "a key must be text");
      Skip(key);
      SkipNext();
      continue;
    }
    const std::string_view name = positions_.Keep(key.text);
    const Node child = positions_.AddField(node, name, key.at);
    if (!keys.insert(name).second) {
      Fail(child, key.at, "is written twice");
      SkipNext();
    } else {
      ReadValue(AddMapEntry(message, field, name), value, child, events_.Next());
    }
    positions_.Close(child);
  }
}

bool MessageReader::ReadValue(Message& message, const FieldInfo& field, Node node, const Event& event) {
  if (event.kind == Event::Kind::kUnusable || event.kind == Event::Kind::kEnd) return false;
  if (field.kind == FieldKind::kMessage || field.kind == FieldKind::kStruct) {
    return ReadNested(message, field, node, event);
  }
  if (event.kind != Event::Kind::kScalar || IsNothing(event)) {
    Fail(node, event.at, fmt::format("expected {}, found {}", Expected(field), WhatIs(event)));
    Skip(event);
    return false;
  }
  std::string error, suggestion;
  if (StoreScalar(message, field, event, &error, &suggestion)) return true;
  Fail(node, event.at, std::move(error), suggestion);
  return false;
}

bool MessageReader::ReadNested(Message& message, const FieldInfo& field, Node node, const Event& event) {
  if (!WantMapping(event, node, "a mapping")) return false;
  const auto* reflection = message.GetReflection();
  Message& nested =
      field.list ? *reflection->AddMessage(&message, field.field) : *reflection->MutableMessage(&message, field.field);
  if (field.kind == FieldKind::kMessage) {
    ReadFields(nested, *field.message, node);
  } else {
    StructReader(events_, positions_, [this](Node at_node, Position at, std::string text) {
      Fail(at_node, at, std::move(text));
    }).Read(static_cast<google::protobuf::Struct&>(nested), node);
  }
  return true;
}

bool MessageReader::WantMapping(const Event& event, Node node, std::string_view what) {
  if (event.kind == Event::Kind::kMappingStart) return true;
  if (event.kind != Event::Kind::kUnusable) {
    Fail(node, event.at, fmt::format("expected {}, found {}", what, WhatIs(event)));
  }
  Skip(event);
  return false;
}

void MessageReader::Skip(const Event& first) {
  size_t depth = 0;
  Event::Kind kind = first.kind;
  for (;;) {
    if (kind == Event::Kind::kEnd) return;
    if (kind == Event::Kind::kMappingStart || kind == Event::Kind::kListStart) ++depth;
    if (kind == Event::Kind::kMappingEnd || kind == Event::Kind::kListEnd) --depth;
    if (depth == 0) return;
    kind = events_.Next().kind;
  }
}

void MessageReader::Fail(Node node, Position at, std::string message, std::string_view suggestion) {
  on_error_(at, {positions_.PathOf(node), std::move(message), std::string(suggestion)});
}

void MessageReader::FailAt(Node node, std::string_view name, Position at, std::string message,
                           std::string_view suggestion) {
  on_error_(at, {FieldPath(positions_.PathOf(node)).Field(name).str(), std::move(message), std::string(suggestion)});
}

}  // namespace sp::file
