// A configuration file as a source of resources: YAML or JSON text into a v1::Gateway with the place of every value
// beside it, and errors as people read them:
//
//   gateway.yaml:12:9: listeners[0].filters[1].config.rate: must be > 0
//   gateway.yaml:14:5: listeners[0].adress: unknown field (did you mean "address"?)
//
//   LoadResult loaded = LoadFile("gateway.yaml");
//   std::vector<LocatedError> errors = Check(loaded);       // those of loading and of validation, in document order
//   if (!errors.empty()) fmt::print(stderr, "{}", RenderErrors(loaded.file_name, errors));
//
// Only the text decides: nothing is looked up or opened but the file itself. Bounds: kMaxDocument, those of
// EventStream, and kMaxErrors. Thread-safe, for nothing is shared.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/field_error.h"
#include "core/config/source/file/position_map.h"

namespace sallyport::v1 {
class Gateway;
}

namespace sp::file {

inline constexpr size_t kMaxDocument = 64 << 20;  // bytes
inline constexpr size_t kMaxErrors = 1000;        // then reading ends

struct LocatedError {
  FieldError error;
  Position at;
  // `12:9: path: message`, without the position where it is unknown.
  std::string ToString() const;
};

struct LoadResult {
  LoadResult();
  LoadResult(LoadResult&&) noexcept;
  LoadResult& operator=(LoadResult&&) noexcept;
  ~LoadResult();

  std::string file_name;                            // as given
  std::string folder;                               // absolute; where relative names in the file start
  std::unique_ptr<sallyport::v1::Gateway> gateway;  // never null; with errors it holds what could be read
  PositionMap positions;
  std::vector<LocatedError> errors;
  bool broken = false;  // not YAML, not to be read, or not to its end: then `errors` is all there is to say

  bool ok() const { return errors.empty(); }
};

// `file_name` is for messages and for the folder; a name that ends in `.json` wants JSON.
LoadResult Load(std::string_view text, std::string_view file_name);
// `-` is standard input.
LoadResult LoadFile(const std::string& path);

// Errors of loading and of config::Validate together, in document order. What follows from an error of loading alone
// (a field that is missing because its name was misspelt) is left out.
std::vector<LocatedError> Check(const LoadResult& loaded);

// Gives errors of later steps (compiling, plugins) their places, in document order.
std::vector<LocatedError> Locate(const PositionMap& positions, const FieldErrors& errors);
// A line each: `file:line:column: path: message`.
std::string RenderErrors(std::string_view file_name, const std::vector<LocatedError>& errors);

}  // namespace sp::file
