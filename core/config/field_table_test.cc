// The rules in the .proto files against themselves: whatever is written there must mean something.

#include "core/config/field_table.h"

#include <google/protobuf/descriptor.h>

#include <functional>
#include <set>

#include "core/base/units.h"
#include "core/config/comments.h"
#include "core/config/defaults.h"
#include "sallyport/v1/gateway.pb.h"
#include "sallyport/v1/rules.pb.h"
#include "test/support/catch.h"

namespace sp::config {
namespace {

namespace v1 = ::sallyport::v1;

void ForEachField(const std::function<void(const MessageTable&, const FieldInfo&)>& use) {
  std::set<const MessageTable*> seen;
  std::vector<const MessageTable*> open = {&MessageTable::Of(*v1::Gateway::descriptor())};
  while (!open.empty()) {
    const MessageTable* table = open.back();
    open.pop_back();
    if (!seen.insert(table).second) continue;
    for (const FieldInfo& field : table->fields()) {
      use(*table, field);
      if (field.message != nullptr) open.push_back(field.message);
    }
  }
  CHECK(seen.size() > 25);
}

TEST_CASE("names in both spellings") {
  const MessageTable& table = MessageTable::Of(*v1::Route::descriptor());
  CHECK(table.Find("idle_timeout") == table.Find("idleTimeout"));
  CHECK(table.Find("idle_timeout") != nullptr);
  CHECK(table.Find("idle-timeout") == nullptr);
  CHECK(table.Suggest("idle_timout") == "idle_timeout");
  CHECK(table.Suggest("idleTimout") == "idleTimeout");
  CHECK(table.Suggest("zzzzzz").empty());
}

TEST_CASE("every default is a value of its field") {
  ForEachField([](const MessageTable&, const FieldInfo& field) {
    const std::string& text = field.rules->default_();
    if (text.empty()) return;
    INFO(field.field->full_name());
    CHECK_FALSE(field.list);
    CHECK_FALSE(field.map);
    switch (field.kind) {
      case FieldKind::kBool:
        CHECK((text == "true" || text == "false"));
        break;
      case FieldKind::kNumber:
      case FieldKind::kBytes:
        CHECK(ParseByteSize(text).has_value());
        CHECK(field.field->has_presence());
        break;
      case FieldKind::kDuration:
        CHECK(ParseDuration(text).has_value());
        break;
      case FieldKind::kEnum:
        CHECK(FindEnum(*field.field->enum_type(), text) != nullptr);
        break;
      default:
        CHECK(field.kind == FieldKind::kText);
    }
  });
}

TEST_CASE("numbers, durations and defaulted bools know whether they are written") {
  ForEachField([](const MessageTable&, const FieldInfo& field) {
    INFO(field.field->full_name());
    if (!field.list && (field.kind == FieldKind::kNumber || field.kind == FieldKind::kBytes)) {
      CHECK(field.field->has_presence());
    }
    if (field.kind == FieldKind::kBool && !field.rules->default_().empty()) CHECK(field.field->has_presence());
  });
}

TEST_CASE("every field is explained, or explains itself") {
  const Comments comments;
  const std::set<std::string_view> plain = {
      "name",    "path",      "limits",  "timeouts", "listeners",  "route_tables",   "clusters", "policies",
      "secrets", "routes",    "match",   "host",     "prefix",     "exact",          "suffix",   "contains",
      "format",  "consumers", "rewrite", "pattern",  "keep_alive", "load_balancing", "policy",   "cluster"};
  ForEachField([&](const MessageTable&, const FieldInfo& field) {
    INFO(field.field->full_name());
    CHECK((plain.contains(field.name) || !comments.Of(*field.field).empty()));
  });
  CHECK(comments.OfFile(*v1::Gateway::descriptor()).starts_with("The whole configuration of one gateway"));
}

TEST_CASE("values and their defaults") {
  v1::Listener listener;
  CHECK(DurationOf(listener.timeouts(), v1::ListenerTimeouts::kHeaderFieldNumber) == std::chrono::seconds(10));
  CHECK_FALSE(FindDuration(listener.timeouts(), v1::ListenerTimeouts::kRequestFieldNumber));
  CHECK(NumberOf(listener.limits(), v1::ListenerLimits::kTargetFieldNumber) == 16 << 10);
  CHECK_FALSE(FindNumber(listener.limits(), v1::ListenerLimits::kBodyFieldNumber));
  CHECK(BoolOf(listener.path(), v1::PathOptions::kMergeSlashesFieldNumber));
  CHECK(EnumOf(listener.path(), v1::PathOptions::kEncodedSeparatorsFieldNumber) == v1::PathOptions::REFUSE);
  listener.mutable_timeouts()->mutable_header()->set_nanos(5);
  listener.mutable_limits()->set_target(1);
  listener.mutable_limits()->set_connections(7);
  listener.mutable_path()->set_merge_slashes(false);
  listener.mutable_path()->set_encoded_separators(v1::PathOptions::KEEP);
  CHECK(DurationOf(listener.timeouts(), v1::ListenerTimeouts::kHeaderFieldNumber) == Duration(5));
  CHECK(NumberOf(listener.limits(), v1::ListenerLimits::kTargetFieldNumber) == 1);
  CHECK(FindNumber(listener.limits(), v1::ListenerLimits::kConnectionsFieldNumber) == 7u);
  CHECK_FALSE(BoolOf(listener.path(), v1::PathOptions::kMergeSlashesFieldNumber));
  CHECK(EnumOf(listener.path(), v1::PathOptions::kEncodedSeparatorsFieldNumber) == v1::PathOptions::KEEP);
}

}  // namespace
}  // namespace sp::config
