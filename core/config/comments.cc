#include "core/config/comments.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <sstream>

#include "core/config/descriptors.h"

namespace sp::config {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::SourceLocation;

namespace {

std::string Paragraphs(const std::string& comment) {
  std::istringstream lines(comment);
  std::string out;
  bool joins = false;  // the line before goes on
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(' ')) line.erase(0, 1);
    const bool text = !line.empty() && line.front() != ' ' && !line.starts_with("- ");
    if (!out.empty()) out += joins && text ? " " : "\n";
    out += line;
    joins = text;
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

template <typename Described>
std::string Leading(const Described* described) {
  SourceLocation location;
  if (described == nullptr || !described->GetSourceLocation(&location)) return {};
  return Paragraphs(location.leading_comments);
}

}  // namespace

Comments::Comments() : pool_(std::make_unique<DescriptorPool>()) {
  const std::string_view bytes = EmbeddedDescriptors();
  FileDescriptorSet set;
  set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  for (const FileDescriptorProto& file : set.file()) pool_->BuildFile(file);
}

Comments::~Comments() = default;

std::string Comments::Of(const FieldDescriptor& field) const {
  return Leading(pool_->FindFieldByName(field.full_name()));
}

std::string Comments::Of(const Descriptor& message) const {
  return Leading(pool_->FindMessageTypeByName(message.full_name()));
}

std::string Comments::OfFile(const Descriptor& message) const {
  const auto* file = pool_->FindFileByName(message.file()->name());
  SourceLocation location;
  if (file == nullptr || !file->GetSourceLocation({FileDescriptorProto::kSyntaxFieldNumber}, &location)) return {};
  return Paragraphs(location.leading_comments);
}

}  // namespace sp::config
