// The rules that stand beside each field in the .proto, for every message alike, by reflection.

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>

#include "core/config/field_table.h"
#include "core/config/render.h"
#include "core/config/validate/formats.h"
#include "core/config/validate/parts.h"
#include "core/config/validate/validate.h"
#include "sallyport/v1/gateway.pb.h"
#include "sallyport/v1/rules.pb.h"

namespace sp::config {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
namespace v1 = ::sallyport::v1;

namespace {

bool IsWritten(const Message& message, const FieldInfo& field) {
  const auto* reflection = message.GetReflection();
  if (field.list || field.map) return reflection->FieldSize(message, field.field) > 0;
  return reflection->HasField(message, field.field);
}

std::string NumberText(const FieldInfo& field, uint64_t number) {
  return field.kind == FieldKind::kBytes ? FormatByteSize(number) : std::to_string(number);
}

void CheckNumber(const FieldInfo& field, uint64_t number, const Place& place, Report& report) {
  const v1::FieldRules& rules = *field.rules;
  const uint64_t least = rules.positive() ? std::max<uint64_t>(rules.min(), 1) : rules.min();
  const bool too_large = rules.max() != 0 && number > rules.max();
  if (number >= least && !too_large) return;
  if (number == 0 && least == 1) return report.Add(place, "must be > 0");
  if (rules.max() == 0) return report.Add(place, fmt::format("must be at least {}", NumberText(field, least)));
  report.Add(place, fmt::format("must be from {} to {}", NumberText(field, least), NumberText(field, rules.max())));
}

// Out of a file every duration is sound; a push may hold anything (its own rules stand in duration.proto).
void CheckDuration(const FieldInfo& field, const google::protobuf::Duration& value, const Place& place,
                   Report& report) {
  constexpr int64_t kMostSeconds = INT64_MAX / 1'000'000'000 - 1;
  if (value.nanos() < 0 || value.nanos() > 999'999'999 || value.seconds() > kMostSeconds || value.seconds() < 0) {
    return report.Add(place, "must be a duration from 0s to 292 years");
  }
  if (field.rules->positive() && value.seconds() == 0 && value.nanos() == 0) report.Add(place, "must be > 0");
}

void CheckValue(const Message& message, const FieldInfo& field, int index, const Place& place, Report& report) {
  const auto* reflection = message.GetReflection();
  const FieldDescriptor* f = field.field;
  switch (field.kind) {
    case FieldKind::kNumber:
    case FieldKind::kBytes:
      if (f->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
        CheckNumber(field, reflection->GetUInt32(message, f), place, report);
      } else if (f->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
        CheckNumber(field, reflection->GetUInt64(message, f), place, report);
      }
      return;
    case FieldKind::kText: {
      if (field.rules->format().empty()) return;
      std::string scratch;
      const std::string& text = field.list ? reflection->GetRepeatedStringReference(message, f, index, &scratch)
                                           : reflection->GetStringReference(message, f, &scratch);
      if (std::string fault = FormatFault(field.rules->format(), text); !fault.empty()) {
        report.Add(place, std::move(fault));
      }
      return;
    }
    case FieldKind::kEnum:
      if (f->enum_type()->FindValueByNumber(reflection->GetEnumValue(message, f)) == nullptr) {
        report.Add(place, "is a value that this version doesn't know");
      }
      return;
    case FieldKind::kDuration:
      return CheckDuration(field, static_cast<const google::protobuf::Duration&>(reflection->GetMessage(message, f)),
                           place, report);
    case FieldKind::kMessage:
      return CheckRules(
          field.list ? reflection->GetRepeatedMessage(message, f, index) : reflection->GetMessage(message, f), place,
          report);
    default:
      return;
  }
}

// A file's reader has refused this already; a push may hold both.
void CheckChoice(const Message& message, const MessageTable& table, const FieldInfo& field, const Place& place,
                 Report& report) {
  for (const FieldInfo& other : table.fields()) {
    if (other.index >= field.index) return;
    if (other.choice != field.choice || !IsWritten(message, other)) continue;
    return report.Add(place, fmt::format("excludes `{}`: only one of them may be written", other.name));
  }
}

// Says nothing where one of the fields that may be written stands in the message.
void CheckNeeded(const Message& message, const MessageTable& table, const Place& place, Report& report) {
  for (const MessageTable::Choice& choice : table.choices()) {
    if (!choice.needed) continue;
    std::string names;
    bool written = false;
    for (const FieldInfo& field : table.fields()) {
      if (field.choice != choice.name) continue;
      written = written || IsWritten(message, field);
      names.append(names.empty() ? "" : ", ").append(field.name);
    }
    if (!written) report.Add(place, "needs one of " + names);
  }
}

}  // namespace

void CheckRules(const Message& message, const Place& place, Report& report) {
  const MessageTable& table = MessageTable::Of(*message.GetDescriptor());
  CheckNeeded(message, table, place, report);
  for (const FieldInfo& field : table.fields()) {
    const bool written = IsWritten(message, field);
    if (!written && !field.rules->required()) continue;
    const Place at = place.Field(field.name);
    if (!written) {
      report.Add(at, std::string(kIsRequired));
    } else if (!field.rules->reserved().empty()) {
      report.Add(at, field.rules->reserved());
    } else if (field.list) {
      if (!field.choice.empty()) CheckChoice(message, table, field, at, report);
      const int size = message.GetReflection()->FieldSize(message, field.field);
      for (int i = 0; i < size; ++i) CheckValue(message, field, i, at.Index(i), report);
    } else if (!field.map) {
      CheckValue(message, field, 0, at, report);
    }
  }
}

FieldErrors CheckStartOnly(const v1::Gateway& running, const v1::Gateway& next) {
  FieldErrors errors;
  google::protobuf::util::MessageDifferencer differencer;
  for (const FieldInfo& field : MessageTable::Of(*v1::Gateway::descriptor()).fields()) {
    if (!field.rules->start_only()) continue;
    if (differencer.CompareWithFields(running, next, {field.field}, {field.field})) continue;
    errors.push_back({std::string(field.name), "is read at start only: restart to change it", ""});
  }
  return errors;
}

}  // namespace sp::config
