#include "core/http/nominations.h"

#include "core/http/ascii.h"

namespace sp::http {
namespace {

constexpr HeaderId kNever[] = {HeaderId::kHost, HeaderId::kContentLength, HeaderId::kTransferEncoding,
                               HeaderId::kAuthorization, HeaderId::kCookie};

}  // namespace

void Nominations::Add(std::string_view list) {
  ForEachListElement(list, [this](std::string_view option) { return AddOption(option); });
}

bool Nominations::AddOption(std::string_view option) {
  if (EqualsIgnoringCase(option, "close")) {
    close_ = true;
  } else if (EqualsIgnoringCase(option, "keep-alive")) {
    keep_alive_ = true;
  } else if (EqualsIgnoringCase(option, "upgrade")) {
    upgrade_ = true;
  } else {
    AddName(option);
  }
  return !too_many_;
}

void Nominations::AddName(std::string_view name) {
  char lower[64];
  HeaderId id = HeaderId::kOther;
  if (name.size() <= sizeof(lower)) {
    LowerInto(name, lower);
    id = HeaderIdOf({lower, name.size()});
  }
  any_name_ = true;
  if (id != HeaderId::kOther) {
    ids_.set(static_cast<size_t>(id));
  } else if (count_ == kMaxOthers) {
    too_many_ = true;
  } else {
    others_[count_++] = name;
  }
}

bool Nominations::Names(const HeaderField& field) const {
  if (field.id != HeaderId::kOther) return ids_[static_cast<size_t>(field.id)];
  for (size_t i = 0; i < count_; ++i) {
    if (EqualsIgnoringCase(others_[i], field.name)) return true;
  }
  return false;
}

void Nominations::RemoveFrom(HeaderMap& fields) const {
  if (!any_name_) return;
  fields.RemoveIf([this](const HeaderField& field) { return Names(field); });
}

Reason Nominations::Check(const NameSet* managed) const {
  if (!any_name_) return Reason::kNone;
  if (too_many_) return Reason::kH1Nominated;
  for (const HeaderId id : kNever) {
    if (ids_[static_cast<size_t>(id)]) return Reason::kH1Nominated;
  }
  if (managed == nullptr) return Reason::kNone;
  for (size_t id = 1; id < ids_.size(); ++id) {
    if (ids_[id] && managed->Has(static_cast<HeaderId>(id), {})) return Reason::kH1Nominated;
  }
  for (size_t i = 0; i < count_; ++i) {
    char lower[128];
    const std::string_view name = others_[i];
    if (name.size() > sizeof(lower)) continue;  // longer than any managed name
    LowerInto(name, lower);
    if (managed->Has(HeaderId::kOther, {lower, name.size()})) return Reason::kH1Nominated;
  }
  return Reason::kNone;
}

}  // namespace sp::http
