#include "core/config/path_kind.h"

#include "sallyport/v1/match.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;
using route::PathPattern;

std::optional<PathText> PathTextOf(const v1::PathMatch& path) {
  switch (path.kind_case()) {
    case v1::PathMatch::kExact:
      return PathText{PathPattern::Kind::kExact, path.exact(), "exact"};
    case v1::PathMatch::kPrefix:
      return PathText{PathPattern::Kind::kPrefix, path.prefix(), "prefix"};
    case v1::PathMatch::kStringPrefix:
      return PathText{PathPattern::Kind::kStringPrefix, path.string_prefix(), "string_prefix"};
    case v1::PathMatch::kTemplate:
      return PathText{PathPattern::Kind::kTemplate, path.template_(), "template"};
    case v1::PathMatch::kRegex:
      return PathText{PathPattern::Kind::kRegex, path.regex(), "regex"};
    case v1::PathMatch::KIND_NOT_SET:
      break;
  }
  return std::nullopt;
}

std::optional<PathPattern> ParsePath(const v1::PathMatch& path, std::string* error) {
  const auto text = PathTextOf(path);
  return text ? PathPattern::Parse(text->kind, text->text, path.ignore_case(), error) : PathPattern();
}

}  // namespace sp::config
