#include "core/traffic/route/candidates.h"

#include <algorithm>

namespace sp::route {

namespace {

// Whether a field of that name, and value where `value` isn't null, stood before place `i`: then it was looked up.
bool SeenBefore(const http::HeaderMap& headers, size_t i, const std::string_view* value) {
  for (size_t j = 0; j < i; ++j) {
    if (headers[j].name == headers[i].name && (value == nullptr || headers[j].value == *value)) return true;
  }
  return false;
}

}  // namespace

CandidateLists::Ref CandidateLists::AddPlain(const std::vector<uint32_t>& ordered) {
  if (ordered.empty()) return 0;
  if (ordered.size() == 1) return kOneRoute | ordered.front();
  lists_.push_back({static_cast<uint32_t>(entries_.size()), static_cast<uint32_t>(ordered.size()), kNoKeys});
  entries_.insert(entries_.end(), ordered.begin(), ordered.end());
  return static_cast<Ref>(lists_.size() - 1);
}

void CandidateLists::Shrink() {
  entries_.shrink_to_fit();
  lists_.shrink_to_fit();
  keys_.shrink_to_fit();
  by_key_.Shrink();
}

size_t CandidateLists::bytes() const {
  return entries_.capacity() * sizeof(uint32_t) + lists_.capacity() * sizeof(List) + keys_.capacity() * sizeof(Keys) +
         by_key_.bytes();
}

void CandidateLists::Visit(Ref ref, Search& search) const {
  if (ref == 0) return;
  if ((ref & kOneRoute) != 0) return search.Consider(ref & ~kOneRoute);
  const List& list = lists_[ref];
  const auto end = entries_.begin() + list.begin + list.count;
  auto at = entries_.begin() + list.begin;
  if (search.from() > 0) at = std::lower_bound(at, end, search.from());
  for (; at != end && *at < search.best(); ++at) search.Consider(*at);
  if (list.keys != kNoKeys) VisitKeys(ref, keys_[list.keys], search);
}

void CandidateLists::VisitKey(uint64_t key, Search& search) const {
  by_key_.FindIf(key, [&](Ref ref) {
    Visit(ref, search);
    return false;
  });
}

void CandidateLists::VisitKeys(uint32_t list, const Keys& keys, Search& search) const {
  if (keys.methods) {
    search.CountStep();
    const Request& request = search.request();
    const bool known = request.method != http::Method::kOther;
    const std::string_view text = known ? http::TextOf(request.method) : request.method_text;
    VisitKey(NameKey(list, KeyKind::kMethod, text), search);
  }
  if (keys.headers != 0) VisitHeaders(list, keys, search);
  if (keys.params == 0) return;
  if (search.request().query->over_limit()) {
    Visit(keys.with_query, search);
  } else {
    VisitParams(list, keys, search);
  }
}

void CandidateLists::VisitHeaders(uint32_t list, const Keys& keys, Search& search) const {
  const http::HeaderMap& headers = *search.request().headers;
  for (size_t i = 0; i < headers.size(); ++i) {
    const http::HeaderField& field = headers[i];
    if ((keys.headers & NameBit(field.name)) == 0) continue;
    search.CountStep();
    const uint64_t by_name = NameKey(list, KeyKind::kHeader, field.name);
    if (by_key_.Find(by_name) != 0 && !SeenBefore(headers, i, nullptr)) VisitKey(by_name, search);
    const uint64_t by_value = ValueKey(NameKey(list, KeyKind::kHeaderValue, field.name), field.value);
    if (by_key_.Find(by_value) != 0 && !SeenBefore(headers, i, &field.value)) VisitKey(by_value, search);
  }
}

void CandidateLists::VisitParams(uint32_t list, const Keys& keys, Search& search) const {
  for (const Query::Param& param : *search.request().query) {
    if (!param.first || (keys.params & NameBit(param.name)) == 0) continue;
    search.CountStep();
    VisitKey(NameKey(list, KeyKind::kParam, param.name), search);
    VisitKey(ValueKey(NameKey(list, KeyKind::kParamValue, param.name), param.value), search);
  }
}

}  // namespace sp::route
