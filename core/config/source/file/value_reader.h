// Single values of the resource model from scalars, stored by reflection.
#pragma once

#include <string>
#include <string_view>

#include "core/config/field_table.h"
#include "core/config/source/file/event_stream.h"

namespace google::protobuf {
class Message;
}

namespace sp::file {

// Sets the field, or adds to it where it is a list. False, with the error, where the scalar isn't of its kind.
bool StoreScalar(google::protobuf::Message& message, const config::FieldInfo& field, const Event& scalar,
                 std::string* error, std::string* suggestion);
// `a duration such as 5s`.
std::string_view Expected(const config::FieldInfo& field);

// One more element of the list, with the value of its type that is empty.
void AddEmpty(google::protobuf::Message& message, const config::FieldInfo& list);
// One more entry of the map, with this key.
google::protobuf::Message& AddMapEntry(google::protobuf::Message& message, const config::FieldInfo& map,
                                       std::string_view key);

}  // namespace sp::file
