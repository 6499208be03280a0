// The last configuration that was applied, in the state directory, so that a restart with a broken file can still serve
// (`sallyport run FILE --last-good`). Written to a new file, synced and renamed: a crash leaves the old or the new one.
#pragma once

#include <optional>
#include <string>

namespace sallyport::v1 {
class Gateway;
}

namespace sp::config {

// Logs what goes wrong: the configuration serves all the same.
void KeepLastGood(const sallyport::v1::Gateway& gateway, const std::string& folder);

struct LastGood {
  std::string text;    // YAML
  std::string folder;  // where its relative file names start
};
// Nothing where there is none.
std::optional<LastGood> ReadLastGood(const std::string& state_dir);

}  // namespace sp::config
