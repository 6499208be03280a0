// Comments: what the .proto files say of messages and fields, as text for people.
#pragma once

#include <memory>
#include <string>

namespace google::protobuf {
class Descriptor;
class DescriptorPool;
class FieldDescriptor;
}  // namespace google::protobuf

namespace sp::config {

class Comments {
 public:
  Comments();
  ~Comments();
  // Empty where there is none. Lines of a paragraph are joined; what is indented stays as it is.
  std::string Of(const google::protobuf::FieldDescriptor& field) const;
  std::string Of(const google::protobuf::Descriptor& message) const;
  // What stands at the top of the file that declares `message`.
  std::string OfFile(const google::protobuf::Descriptor& message) const;

 private:
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
};

}  // namespace sp::config
