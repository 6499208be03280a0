// SHA-256: whether a plugin's file or a config is the same as before. Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sp::plugin_host {

std::string Sha256(std::string_view bytes);  // 32 bytes

// A digest of several fields; each is delimited, so ("ab", "c") and ("a", "bc") differ.
class ContentHash {
 public:
  ContentHash();
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;
  ~ContentHash();
  ContentHash& Add(std::string_view field);
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sp::plugin_host
