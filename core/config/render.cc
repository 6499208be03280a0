#include "core/config/render.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/units.h"
#include "core/config/field_table.h"
#include "core/config/place.h"
#include "core/config/text_sink.h"
#include "sallyport/v1/rules.pb.h"

namespace sp::config {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Struct;
using google::protobuf::Value;

namespace {

constexpr std::string_view kSecret = "<secret>";

class Renderer {
 public:
  Renderer(TextSink& sink, const RenderOptions& options) : sink_(sink), options_(options) {}

  void Fields(const Message& message, const Place& place);

 private:
  void Field(const Message& message, const FieldInfo& field, const Place& place);
  void Map(const Message& message, const FieldInfo& field, const Place& place);
  // Element `index` of a list, or the field itself.
  void Single(const Message& message, const FieldInfo& field, int index, const Place& place);
  void Mapping(const Struct& config, const Place& place);
  void Anything(const Value& value, const Place& place);
  void Number(double number);

  TextSink& sink_;
  const RenderOptions& options_;
};

bool IsWritten(const Message& message, const FieldInfo& field) {
  const auto* reflection = message.GetReflection();
  if (field.list || field.map) return reflection->FieldSize(message, field.field) > 0;
  return reflection->HasField(message, field.field);
}

std::string DurationText(const google::protobuf::Duration& d) {
  const bool sound = d.seconds() >= 0 && d.nanos() >= 0 && d.seconds() < INT64_MAX / 1'000'000'000;
  if (!sound) return fmt::format("{}s{}ns", d.seconds(), d.nanos());  // what no file can hold
  return FormatDuration(std::chrono::seconds(d.seconds()) + Duration(d.nanos()));
}

std::string EnumValueText(const FieldDescriptor& field, int number) {
  const auto* value = field.enum_type()->FindValueByNumber(number);
  return value == nullptr ? std::to_string(number) : EnumText(*value);
}

void Renderer::Fields(const Message& message, const Place& place) {
  const MessageTable& table = MessageTable::Of(*message.GetDescriptor());
  const auto written = [&](const FieldInfo& field) { return IsWritten(message, field); };
  const bool empty = std::none_of(table.fields().begin(), table.fields().end(), written);
  sink_.BeginMapping(empty);
  for (const FieldInfo& field : table.fields()) {
    if (!written(field)) continue;
    sink_.Key(field.name);
    Field(message, field, place.Field(field.name));
  }
  sink_.EndMapping(empty);
}

void Renderer::Field(const Message& message, const FieldInfo& field, const Place& place) {
  if (field.map) return Map(message, field, place);
  if (!field.list) return Single(message, field, 0, place);
  sink_.BeginList(false);
  const int size = message.GetReflection()->FieldSize(message, field.field);
  for (int i = 0; i < size; ++i) Single(message, field, i, place.Index(i));
  sink_.EndList(false);
}

void Renderer::Map(const Message& message, const FieldInfo& field, const Place& place) {
  const auto* reflection = message.GetReflection();
  const FieldDescriptor* key = field.field->message_type()->map_key();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < reflection->FieldSize(message, field.field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field.field, i);
    entries.emplace_back(entry.GetReflection()->GetString(entry, key), &entry);
  }
  std::sort(entries.begin(), entries.end());
  FieldInfo value = field;
  value.field = field.value;
  value.map = false;
  sink_.BeginMapping(false);
  for (const auto& [name, entry] : entries) {
    sink_.Key(name);
    Single(*entry, value, 0, place.Field(name));
  }
  sink_.EndMapping(false);
}

void Renderer::Single(const Message& message, const FieldInfo& field, int index, const Place& place) {
  const auto* reflection = message.GetReflection();
  const FieldDescriptor* f = field.field;
  const auto nested = [&]() -> const Message& {
    return field.list ? reflection->GetRepeatedMessage(message, f, index) : reflection->GetMessage(message, f);
  };
  switch (field.kind) {
    case FieldKind::kBool:
      return sink_.Literal(reflection->GetBool(message, f) ? "true" : "false");
    case FieldKind::kNumber:
      return sink_.Literal(f->cpp_type() == FieldDescriptor::CPPTYPE_UINT32
                               ? std::to_string(reflection->GetUInt32(message, f))
                               : std::to_string(reflection->GetUInt64(message, f)));
    case FieldKind::kBytes:
      return sink_.Text(FormatByteSize(reflection->GetUInt64(message, f)));
    case FieldKind::kText: {
      if (field.rules->secret() && !options_.secrets) return sink_.Text(kSecret);
      std::string scratch;
      return sink_.Text(field.list ? reflection->GetRepeatedStringReference(message, f, index, &scratch)
                                   : reflection->GetStringReference(message, f, &scratch));
    }
    case FieldKind::kEnum:
      return sink_.Text(EnumValueText(*f, reflection->GetEnumValue(message, f)));
    case FieldKind::kDuration:
      return sink_.Text(DurationText(static_cast<const google::protobuf::Duration&>(nested())));
    case FieldKind::kStruct:
      return Mapping(static_cast<const Struct&>(nested()), place);
    case FieldKind::kMessage:
      return Fields(nested(), place);
  }
}

void Renderer::Mapping(const Struct& config, const Place& place) {
  std::vector<std::pair<std::string_view, const Value*>> entries;
  for (const auto& [name, value] : config.fields()) entries.emplace_back(name, &value);
  std::sort(entries.begin(), entries.end());
  sink_.BeginMapping(entries.empty());
  for (const auto& [name, value] : entries) {
    sink_.Key(name);
    Anything(*value, place.Field(name));
  }
  sink_.EndMapping(entries.empty());
}

void Renderer::Anything(const Value& value, const Place& place) {
  if (options_.is_secret && !options_.secrets && options_.is_secret(place.str())) return sink_.Text(kSecret);
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return Number(value.number_value());
    case Value::kStringValue:
      return sink_.Text(value.string_value());
    case Value::kBoolValue:
      return sink_.Literal(value.bool_value() ? "true" : "false");
    case Value::kStructValue:
      return Mapping(value.struct_value(), place);
    case Value::kListValue: {
      const auto& values = value.list_value().values();
      sink_.BeginList(values.empty());
      for (int i = 0; i < values.size(); ++i) Anything(values.Get(i), place.Index(i));
      return sink_.EndList(values.empty());
    }
    default:
      return sink_.Literal("null");
  }
}

void Renderer::Number(double number) {
  if (!std::isfinite(number)) return sink_.Literal("null");  // neither JSON nor a file can hold it
  // Whole numbers without an exponent, as long as they are exact.
  const bool whole = std::trunc(number) == number && std::abs(number) < 0x1p63;
  sink_.Literal(whole ? fmt::format("{:.0f}", number) : fmt::format("{}", number));
}

}  // namespace

std::string RenderYaml(const Message& resource, const RenderOptions& options) {
  YamlSink sink;
  Renderer(sink, options).Fields(resource, Place());
  return sink.Take();
}

std::string RenderJson(const Message& resource, const RenderOptions& options) {
  JsonSink sink;
  Renderer(sink, options).Fields(resource, Place());
  return sink.Take();
}

std::string FormatByteSize(uint64_t bytes) {
  constexpr std::array<std::pair<std::string_view, uint64_t>, 8> kUnits = {{{"TiB", uint64_t{1} << 40},
                                                                            {"GiB", uint64_t{1} << 30},
                                                                            {"MiB", uint64_t{1} << 20},
                                                                            {"KiB", uint64_t{1} << 10},
                                                                            {"TB", 1'000'000'000'000},
                                                                            {"GB", 1'000'000'000},
                                                                            {"MB", 1'000'000},
                                                                            {"KB", 1'000}}};
  for (const auto& [name, unit] : kUnits) {
    if (bytes != 0 && bytes % unit == 0) return fmt::format("{}{}", bytes / unit, name);
  }
  return fmt::format("{}B", bytes);
}

}  // namespace sp::config
