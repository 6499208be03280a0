#include "core/config/source/file/value_reader.h"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <limits>
#include <optional>
#include <vector>

#include "core/base/field_error.h"
#include "core/base/units.h"
#include "core/config/source/file/scalar.h"
#include "sallyport/v1/rules.pb.h"

namespace sp::file {

using config::FieldInfo;
using config::FieldKind;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

// Calls Set… or Add… of reflection, whichever the field wants.
#define SP_STORE(Type, value)                              \
  do {                                                     \
    const auto* reflection = message.GetReflection();      \
    if (field.list) {                                      \
      reflection->Add##Type(&message, field.field, value); \
    } else {                                               \
      reflection->Set##Type(&message, field.field, value); \
    }                                                      \
  } while (false)

uint64_t LargestOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::numeric_limits<int32_t>::max();
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::numeric_limits<uint32_t>::max();
    case FieldDescriptor::CPPTYPE_INT64:
      return std::numeric_limits<int64_t>::max();
    default:
      return std::numeric_limits<uint64_t>::max();
  }
}

void StoreNumber(Message& message, const FieldInfo& field, uint64_t value) {
  switch (field.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      SP_STORE(Int32, static_cast<int32_t>(value));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      SP_STORE(UInt32, static_cast<uint32_t>(value));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      SP_STORE(Int64, static_cast<int64_t>(value));
      break;
    default:
      SP_STORE(UInt64, value);
      break;
  }
}

// No number of the model is negative. As in proto3 JSON a number may stand in quotes.
bool ReadNumber(Message& message, const FieldInfo& field, std::string_view text, std::string* error) {
  const auto value = ParseInteger(text);
  const uint64_t largest = LargestOf(*field.field);
  if (!value || (value->negative && value->magnitude != 0) || value->magnitude > largest) {
    *error = fmt::format("expected a whole number from 0 to {}, found {}", largest, Quoted(text));
    return false;
  }
  StoreNumber(message, field, value->magnitude);
  return true;
}

bool ReadDuration(Message& message, const FieldInfo& field, std::string_view text) {
  const auto duration = ParseDuration(text);
  if (!duration) return false;
  const auto* reflection = message.GetReflection();
  auto& stored = static_cast<google::protobuf::Duration&>(
      field.list ? *reflection->AddMessage(&message, field.field) : *reflection->MutableMessage(&message, field.field));
  stored.set_seconds(duration->count() / 1'000'000'000);
  stored.set_nanos(static_cast<int32_t>(duration->count() % 1'000'000'000));
  return true;
}

bool ReadEnum(Message& message, const FieldInfo& field, std::string_view text, std::string* error,
              std::string* suggestion) {
  const auto& type = *field.value->enum_type();
  if (const auto* value = config::FindEnum(type, text)) {
    SP_STORE(Enum, value);
    return true;
  }
  const std::vector<std::string> texts = config::EnumTexts(type);
  const std::vector<std::string_view> candidates(texts.begin(), texts.end());
  *error = fmt::format("expected {}, found {}", fmt::join(candidates, " or "), Quoted(text));
  *suggestion = Nearest(text, candidates);
  return false;
}

}  // namespace

std::string_view Expected(const FieldInfo& field) {
  switch (field.kind) {
    case FieldKind::kBool:
      return "true or false";
    case FieldKind::kNumber:
      return "a whole number";
    case FieldKind::kBytes:
      return "a size such as 64KiB";
    case FieldKind::kText:
      return "text";
    case FieldKind::kEnum:
      return "a name";
    case FieldKind::kDuration:
      return "a duration such as 5s or 250ms";
    case FieldKind::kStruct:
    case FieldKind::kMessage:
      return "a mapping";
  }
  return "";
}

bool StoreScalar(Message& message, const FieldInfo& field, const Event& scalar, std::string* error,
                 std::string* suggestion) {
  const std::string_view text = scalar.text;
  switch (field.kind) {
    case FieldKind::kText:
      SP_STORE(String, std::string(text));
      return true;
    case FieldKind::kNumber:
      return ReadNumber(message, field, text, error);
    case FieldKind::kEnum:
      return ReadEnum(message, field, text, error, suggestion);
    case FieldKind::kBool:
      if (const auto value = scalar.plain ? ParseBool(text) : std::nullopt) {
        SP_STORE(Bool, *value);
        return true;
      }
      break;
    case FieldKind::kBytes:
      if (const auto value = ParseByteSize(text)) {
        SP_STORE(UInt64, *value);
        return true;
      }
      break;
    case FieldKind::kDuration:
      if (ReadDuration(message, field, text)) return true;
      break;
    default:
      break;
  }
  *error = fmt::format("expected {}, found {}", Expected(field), Quoted(text));
  return false;
}

#undef SP_STORE

void AddEmpty(Message& message, const FieldInfo& list) {
  const auto* reflection = message.GetReflection();
  if (list.kind == FieldKind::kText) {
    reflection->AddString(&message, list.field, {});
  } else if (list.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    reflection->AddMessage(&message, list.field);
  }
}

Message& AddMapEntry(Message& message, const FieldInfo& map, std::string_view key) {
  Message& entry = *message.GetReflection()->AddMessage(&message, map.field);
  entry.GetReflection()->SetString(&entry, map.field->message_type()->map_key(), std::string(key));
  return entry;
}

}  // namespace sp::file
