#include "core/config/defaults.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <cassert>

#include "core/base/units.h"
#include "core/config/field_table.h"
#include "sallyport/v1/rules.pb.h"

namespace sp::config {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

const FieldDescriptor& Field(const Message& message, int number) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByNumber(number);
  assert(field != nullptr && "the message has no field of this number");
  return *field;
}

const std::string& DefaultOf(const FieldDescriptor& field) {
  return field.options().GetExtension(::sallyport::v1::field).default_();
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  return message.GetReflection()->HasField(message, &field);
}

}  // namespace

std::optional<Duration> FindDuration(const Message& message, int field_number) {
  const FieldDescriptor& field = Field(message, field_number);
  if (!IsSet(message, field)) return ParseDuration(DefaultOf(field));
  const auto& set =
      static_cast<const google::protobuf::Duration&>(message.GetReflection()->GetMessage(message, &field));
  return std::chrono::seconds(set.seconds()) + Duration(set.nanos());
}

std::optional<uint64_t> FindNumber(const Message& message, int field_number) {
  const FieldDescriptor& field = Field(message, field_number);
  if (!IsSet(message, field)) return ParseByteSize(DefaultOf(field));
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) return message.GetReflection()->GetUInt32(message, &field);
  return message.GetReflection()->GetUInt64(message, &field);
}

Duration DurationOf(const Message& message, int field_number) {
  const auto value = FindDuration(message, field_number);
  assert(value.has_value());
  return value.value_or(Duration(0));
}

uint64_t NumberOf(const Message& message, int field_number) {
  const auto value = FindNumber(message, field_number);
  assert(value.has_value());
  return value.value_or(0);
}

bool BoolOf(const Message& message, int field_number) {
  const FieldDescriptor& field = Field(message, field_number);
  return IsSet(message, field) ? message.GetReflection()->GetBool(message, &field) : DefaultOf(field) == "true";
}

int EnumOf(const Message& message, int field_number) {
  const FieldDescriptor& field = Field(message, field_number);
  const int set = message.GetReflection()->GetEnumValue(message, &field);
  if (set != 0) return set;
  const auto* value = FindEnum(*field.enum_type(), DefaultOf(field));
  assert(value != nullptr);
  return value == nullptr ? 0 : value->number();
}

}  // namespace sp::config
