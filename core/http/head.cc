#include "core/http/head.h"

#include <array>
#include <utility>

namespace sp::http {
namespace {

using Entry = std::pair<Method, std::string_view>;
constexpr std::array<Entry, 9> kMethods = {{{Method::kGet, "GET"},
                                            {Method::kHead, "HEAD"},
                                            {Method::kPost, "POST"},
                                            {Method::kPut, "PUT"},
                                            {Method::kDelete, "DELETE"},
                                            {Method::kConnect, "CONNECT"},
                                            {Method::kOptions, "OPTIONS"},
                                            {Method::kTrace, "TRACE"},
                                            {Method::kPatch, "PATCH"}}};

// The other methods of IANA's registry, but for PRI (RFC 9113 section 11.6: never a request's).
constexpr std::array<std::string_view, 30> kOtherMethods = {"ACL",
                                                            "BASELINE-CONTROL",
                                                            "BIND",
                                                            "CHECKIN",
                                                            "CHECKOUT",
                                                            "COPY",
                                                            "LABEL",
                                                            "LINK",
                                                            "LOCK",
                                                            "MERGE",
                                                            "MKACTIVITY",
                                                            "MKCALENDAR",
                                                            "MKCOL",
                                                            "MKREDIRECTREF",
                                                            "MKWORKSPACE",
                                                            "MOVE",
                                                            "ORDERPATCH",
                                                            "PROPFIND",
                                                            "PROPPATCH",
                                                            "QUERY",
                                                            "REBIND",
                                                            "REPORT",
                                                            "SEARCH",
                                                            "UNBIND",
                                                            "UNCHECKOUT",
                                                            "UNLINK",
                                                            "UNLOCK",
                                                            "UPDATE",
                                                            "UPDATEREDIRECTREF",
                                                            "VERSION-CONTROL"};

}  // namespace

Method MethodOf(std::string_view text) {
  for (const Entry& entry : kMethods) {
    if (entry.second == text) return entry.first;
  }
  return Method::kOther;
}

std::string_view TextOf(Method method) {
  for (const Entry& entry : kMethods) {
    if (entry.first == method) return entry.second;
  }
  return {};
}

bool IsKnownMethod(std::string_view text) {
  if (MethodOf(text) != Method::kOther) return true;
  for (const std::string_view known : kOtherMethods) {
    if (known == text) return true;
  }
  return false;
}

bool IsIdempotent(Method method) {
  switch (method) {
    case Method::kGet:
    case Method::kHead:
    case Method::kPut:
    case Method::kDelete:
    case Method::kOptions:
    case Method::kTrace:
      return true;
    case Method::kPost:
    case Method::kPatch:
    case Method::kConnect:
    case Method::kOther:
      return false;
  }
  return false;
}

}  // namespace sp::http
