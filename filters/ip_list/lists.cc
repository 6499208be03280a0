#include "filters/ip_list/lists.h"

namespace sp::ip_list {

namespace {
constexpr size_t kMaxRules = 128;  // of one list, with what routes add
}

void Blocks::Read(const Json& j, std::string_view name, bool extend) {
  const Json blocks = j.at(name);
  const Json files = j.at(std::string(name) + "_files");
  if (!blocks.exists() && !files.exists()) return;
  sallyport::CidrSet::Builder builder;
  for (const Json block : blocks.each()) {
    if (!builder.add(block.str())) block.fail("is neither an address nor a block such as 10.0.0.0/8");
  }
  for (const Json file : files.each()) {
    if (const auto line = builder.add_list(file.contents())) {
      file.fail("line " + std::to_string(*line) + " is neither an address nor a block such as 10.0.0.0/8");
    }
  }
  if (!extend) sets_.clear();
  sets_.push_back(std::make_shared<const sallyport::CidrSet>(builder.build()));
  written_ = true;
}

void HeaderRules::Read(const Json& j, bool extend) {
  if (!j.exists()) return;
  if (!extend) rules_.clear();
  for (const Json rule : j.each()) {
    rules_.push_back(std::make_shared<const sallyport::HeaderRule>(rule));
    if (rules_.back()->name() == "host") rule.at("name").fail("is not a field here: let routes match the host");
  }
  if (rules_.size() > kMaxRules) j.fail("has more than 128 rules, with those of the filter");
  names_.clear();
  for (const auto& rule : rules_) names_.push_back(sallyport::to_abi(rule->name()));
  written_ = true;
}

// asks(rule, there) for each rule; one host call finds out which fields are there.
template <typename Asks>
bool HeaderRules::Any(const Headers& headers, Asks asks) const {
  if (rules_.empty()) return false;
  sp_str values[kMaxRules];
  headers.get_many(names_, values);
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (asks(*rules_[i], values[i].ptr != nullptr)) return true;
  }
  return false;
}

bool HeaderRules::AnyRefuses(const Headers& headers) const {
  return Any(headers, [&](const auto& rule, bool there) { return rule.refuses(headers, there); });
}
bool HeaderRules::AnyAdmits(const Headers& headers) const {
  return Any(headers, [&](const auto& rule, bool there) { return rule.admits(headers, there); });
}

Lists::Lists(const Json& j) { Read(j, false); }

Lists::Lists(const Lists& below, const Json& route) : Lists(below) { Read(route, route.at("extend").boolean(false)); }

void Lists::Read(const Json& j, bool extend) {
  deny_.Read(j, "deny", extend);
  allow_.Read(j, "allow", extend);
  deny_headers_.Read(j.at("headers").at("deny"), extend);
  allow_headers_.Read(j.at("headers").at("allow"), extend);
  const bool allows = j.at("allow").exists() || j.at("allow_files").exists();
  if (allows) default_ = Default::kUnsaid;  // one that was inherited would make this list mean nothing
  default_ = j.at("default").pick<Default>({{"allow", Default::kAllow}, {"deny", Default::kDeny}}, default_);
  if (allows && default_ == Default::kAllow) {
    j.at("default").fail("allow makes the list `allow` mean nothing: leave one of them out");
  }
  admits_unlisted_ = default_ == Default::kUnsaid ? !allow_.written() : default_ == Default::kAllow;
  looks_at_addresses_ = deny_.written() || allow_.written();
}

Verdict Lists::CheckAddress(std::string_view address) const {
  if (looks_at_addresses_ && address.empty()) return Verdict::kNoAddress;
  if (deny_.Contains(address)) return Verdict::kDenied;
  return admits_unlisted_ || allow_.Contains(address) ? Verdict::kAdmitted : Verdict::kNotAllowed;
}

Verdict Lists::Check(std::string_view address, const Headers& headers) const {
  const Verdict by_address = CheckAddress(address);
  if (by_address != Verdict::kAdmitted) return by_address;
  if (deny_headers_.AnyRefuses(headers)) return Verdict::kHeaderDenied;
  if (allow_headers_.written() && !allow_headers_.AnyAdmits(headers)) return Verdict::kHeaderNotAllowed;
  return Verdict::kAdmitted;
}

}  // namespace sp::ip_list
