#include "core/plugin_host/content_hash.h"

#include <openssl/evp.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace sp::plugin_host {

struct ContentHash::State {
  EVP_MD_CTX* context;
};

ContentHash::ContentHash() : state_(new State{EVP_MD_CTX_new()}) {
  // Only a lack of memory, or an OpenSSL without SHA-256, can fail; the process could do nothing useful then.
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) std::abort();
}

ContentHash::~ContentHash() { EVP_MD_CTX_free(state_->context); }

ContentHash& ContentHash::Add(std::string_view field) {
  char length[8];
  const uint64_t size = field.size();
  std::memcpy(length, &size, sizeof length);
  EVP_DigestUpdate(state_->context, length, sizeof length);
  EVP_DigestUpdate(state_->context, field.data(), field.size());
  return *this;
}

std::string ContentHash::Finish() {
  std::string digest(32, '\0');
  EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

std::string Sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
                 nullptr) != 1) {
    std::abort();
  }
  return digest;
}

}  // namespace sp::plugin_host
