// What loading and validation have to say about a file, together.

#include <algorithm>

#include "core/config/source/file/load.h"
#include "core/config/validate/validate.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::file {
namespace {

std::string_view Parent(std::string_view path) {
  const size_t end = path.find_last_of(".[");
  return end == std::string_view::npos ? std::string_view() : path.substr(0, end);
}

bool IsWithin(std::string_view path, std::string_view outer) {
  return path.starts_with(outer) &&
         (path.size() == outer.size() || path[outer.size()] == '.' || path[outer.size()] == '[' || outer.empty());
}

// An error of loading explains another at the same place, inside it or around it; and where something is missing, it
// may be what stands beside it under a name that isn't known.
bool Explains(const LocatedError& loading, const FieldError& other) {
  const std::string_view path = loading.error.path;
  if (IsWithin(other.path, path) || IsWithin(path, other.path)) return true;
  return other.message == config::kIsRequired && Parent(other.path) == Parent(path);
}

}  // namespace

std::vector<LocatedError> Check(const LoadResult& loaded) {
  if (loaded.broken) return loaded.errors;
  config::ValidateOptions options;
  // A kind of resource that couldn't be read would leave every reference to it dangling.
  options.references = std::none_of(loaded.errors.begin(), loaded.errors.end(),
                                    [](const LocatedError& error) { return Parent(error.error.path).empty(); });
  std::vector<LocatedError> errors = loaded.errors;
  for (LocatedError& found : Locate(loaded.positions, config::Validate(*loaded.gateway, options))) {
    const auto explains = [&](const LocatedError& loading) { return Explains(loading, found.error); };
    if (std::none_of(loaded.errors.begin(), loaded.errors.end(), explains)) errors.push_back(std::move(found));
  }
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  if (errors.size() > kMaxErrors) errors.resize(kMaxErrors);
  return errors;
}

}  // namespace sp::file
