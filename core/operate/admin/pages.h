// Pages: which page a request is answered with. No sockets: a request head in, a page out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/head.h"
#include "core/net/address.h"
#include "core/operate/admin/server.h"

namespace sp::admin {

struct Page {
  uint16_t status = 200;
  std::string_view content_type;  // empty: a problem (RFC 9457), and `body` its detail
  std::string body;
};

class Pages {
 public:
  Pages(const net::Address& address, bool probes_only, AdminSources sources);

  // `head` has passed http::ValidateRequest, paths with their slashes kept.
  Page Answer(const http::RequestHead& head) const;

 private:
  struct Entry;
  static const Entry kEntries[];
  bool Serves(const Entry& entry) const;
  bool IsLocal(std::string_view host) const;
  Page Index() const;
  Page Ready() const;
  Page Config(std::string_view query) const;

  const net::Address address_;
  const bool probes_only_;
  const AdminSources sources_;
};

}  // namespace sp::admin
