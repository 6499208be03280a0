#include "core/config/field_table.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <memory>
#include <mutex>

#include "core/base/field_error.h"
#include "sallyport/v1/rules.pb.h"

namespace sp::config {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
namespace v1 = ::sallyport::v1;

namespace {

FieldKind KindOf(const FieldDescriptor& value, const v1::FieldRules& rules) {
  switch (value.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return FieldKind::kBool;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
      return FieldKind::kNumber;
    case FieldDescriptor::CPPTYPE_UINT64:
      return rules.bytes() ? FieldKind::kBytes : FieldKind::kNumber;
    case FieldDescriptor::CPPTYPE_STRING:
      return FieldKind::kText;
    case FieldDescriptor::CPPTYPE_ENUM:
      return FieldKind::kEnum;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (value.message_type()->full_name() == "google.protobuf.Duration") return FieldKind::kDuration;
      if (value.message_type()->full_name() == "google.protobuf.Struct") return FieldKind::kStruct;
      return FieldKind::kMessage;
    default:
      assert(false && "the resource model uses no such field type");
      return FieldKind::kText;
  }
}

std::string Cased(std::string_view text, int (*to)(int)) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [to](char c) { return static_cast<char>(to(static_cast<unsigned char>(c))); });
  return out;
}

int Lower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }
int Upper(int c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }

}  // namespace

// Every table that was asked for, with those below it.
class FieldTables {
 public:
  static FieldTables& Shared() {
    static FieldTables set;
    return set;
  }

  const MessageTable& Of(const Descriptor& message) {
    const std::lock_guard lock(mutex_);
    return Make(message);
  }

 private:
  MessageTable& Make(const Descriptor& message) {
    auto& slot = tables_[&message];
    if (slot != nullptr) return *slot;
    slot.reset(new MessageTable(message));
    MessageTable& table = *slot;
    assert(static_cast<size_t>(message.field_count()) <= MessageTable::kMaxFields);
    for (int i = 0; i < message.field_count(); ++i) {
      table.fields_.push_back(Describe(*message.field(i), static_cast<uint8_t>(i)));
      table.by_name_.emplace(message.field(i)->name(), static_cast<uint8_t>(i));
      table.by_name_.emplace(message.field(i)->json_name(), static_cast<uint8_t>(i));
    }
    for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
      const auto& choice = *message.oneof_decl(i);
      table.choices_.push_back({choice.name(), choice.options().GetExtension(v1::needed)});
    }
    return table;
  }

  FieldInfo Describe(const FieldDescriptor& field, uint8_t index) {
    FieldInfo info{};
    info.field = &field;
    info.map = field.is_map();
    info.list = field.is_repeated() && !info.map;
    info.value = info.map ? field.message_type()->map_value() : &field;
    info.rules = &field.options().GetExtension(v1::field);
    info.name = field.name();
    info.choice = field.real_containing_oneof() != nullptr ? std::string_view(field.real_containing_oneof()->name())
                                                           : std::string_view(info.rules->choice());
    info.kind = KindOf(*info.value, *info.rules);
    info.index = index;
    if (info.kind == FieldKind::kMessage) info.message = &Make(*info.value->message_type());
    return info;
  }

  std::mutex mutex_;
  std::map<const Descriptor*, std::unique_ptr<MessageTable>> tables_;
};

const MessageTable& MessageTable::Of(const Descriptor& message) { return FieldTables::Shared().Of(message); }

const FieldInfo* MessageTable::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &fields_[found->second];
}

std::string_view MessageTable::Suggest(std::string_view name) const {
  const bool camel = std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  std::vector<std::string_view> names;
  for (const FieldInfo& field : fields_) names.push_back(camel ? field.field->json_name() : field.field->name());
  return Nearest(name, names);
}

std::string EnumText(const EnumValueDescriptor& value) { return Cased(value.name(), Lower); }

const EnumValueDescriptor* FindEnum(const EnumDescriptor& type, std::string_view text) {
  const std::string upper = Cased(text, Upper);
  if (text != upper && text != Cased(text, Lower)) return nullptr;
  const EnumValueDescriptor* value = type.FindValueByName(upper);
  return value != nullptr && value->number() != 0 ? value : nullptr;
}

std::vector<std::string> EnumTexts(const EnumDescriptor& type) {
  std::vector<std::string> texts;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) texts.push_back(EnumText(*type.value(i)));
  }
  return texts;
}

}  // namespace sp::config
