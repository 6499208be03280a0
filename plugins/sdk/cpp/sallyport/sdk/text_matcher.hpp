// TextMatcher: a condition on a text, as configurations write it. HeaderRule: a condition on a header field. A filter
// that includes this links RE2.
//
//   { name: user-agent, prefix: BadBot, ignore_case: true }
//   exact | prefix | suffix | contains | regex (RE2, the whole value) | present: true or false; none of them: it is
//   there
//
// A field may stand in a message several times, and nobody may get past a rule by sending it twice, once as the rule
// wants it. So a rule has two questions: does any line fulfil it (what to refuse on), and do all of them (what to admit
// on). A value is never matched as a joined string; `list: true` looks at each member of a comma-separated list
// instead.
#pragma once

#include <re2/re2.h>
#include <sallyport/sdk.hpp>

namespace sallyport {

class TextMatcher {
 public:
  // The members of `j` named above; problems are reported there.
  explicit TextMatcher(const Json& j) : ignore_case_(j.at("ignore_case").boolean(false)) {
    static constexpr std::pair<std::string_view, Kind> kKinds[] = {{"exact", Kind::kExact},
                                                                   {"prefix", Kind::kPrefix},
                                                                   {"suffix", Kind::kSuffix},
                                                                   {"contains", Kind::kContains},
                                                                   {"regex", Kind::kRegex}};
    int written = 0;
    for (const auto& [name, kind] : kKinds) {
      if (!j.at(name).exists()) continue;
      kind_ = kind;
      text_ = j.at(name).str();
      ++written;
    }
    if (j.at("present").exists()) {
      kind_ = j.at("present").boolean() ? Kind::kPresent : Kind::kAbsent;
      ++written;
    }
    if (written > 1) j.fail("has more than one of exact, prefix, suffix, contains, regex and present");
    if (kind_ == Kind::kRegex) compile(j.at("regex"));
    if (ignore_case_) std::transform(text_.begin(), text_.end(), text_.begin(), lower);
  }

  bool matches(std::string_view value) const {
    switch (kind_) {
      case Kind::kPresent:
        return true;
      case Kind::kAbsent:
        return false;
      case Kind::kExact:
        return value.size() == text_.size() && equal(value);
      case Kind::kPrefix:
        return value.size() >= text_.size() && equal(value.substr(0, text_.size()));
      case Kind::kSuffix:
        return value.size() >= text_.size() && equal(value.substr(value.size() - text_.size()));
      case Kind::kContains:
        return contains(value);
      case Kind::kRegex:
        return regex_ != nullptr && RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
    }
    return false;
  }
  // `present: false`: fulfilled by a field that isn't there.
  bool wants_absent() const { return kind_ == Kind::kAbsent; }

 private:
  enum class Kind : uint8_t { kPresent, kAbsent, kExact, kPrefix, kSuffix, kContains, kRegex };
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

  void compile(const Json& at) {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);  // over bytes
    options.set_case_sensitive(!ignore_case_);
    options.set_log_errors(false);
    options.set_never_capture(true);
    regex_ = std::make_shared<const RE2>(text_, options);
    if (!regex_->ok()) at.fail("is no regular expression: " + regex_->error());
    text_.clear();
  }
  bool equal(std::string_view value) const {
    if (!ignore_case_) return value == text_;
    return std::equal(value.begin(), value.end(), text_.begin(), [](char a, char b) { return lower(a) == b; });
  }
  bool contains(std::string_view value) const {
    if (!ignore_case_) return value.find(text_) != std::string_view::npos;
    return std::search(value.begin(), value.end(), text_.begin(), text_.end(),
                       [](char a, char b) { return lower(a) == b; }) != value.end();
  }

  Kind kind_ = Kind::kPresent;
  bool ignore_case_;
  std::string text_;
  std::shared_ptr<const RE2> regex_;
};

class HeaderRule {
 public:
  // { name, <a condition>, list, invert }
  explicit HeaderRule(const Json& j)
      : name_(j.at("name").str()),
        matcher_(j),
        list_(j.at("list").boolean(false)),
        invert_(j.at("invert").boolean(false)) {
    for (char& c : name_) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  const std::string& name() const { return name_; }

  // What a rule that refuses asks. `there`: the field is in the message at all (so that a caller who asked for many
  // fields at once saves a call for those that aren't).
  bool refuses(const Headers& headers, bool there) const {
    return invert_ ? !all(headers, there) : any(headers, there);
  }
  // What a rule that admits asks.
  bool admits(const Headers& headers, bool there) const { return invert_ ? !any(headers, there) : all(headers, there); }

 private:
  bool any(const Headers& headers, bool there) const {
    if (!there) return matcher_.wants_absent();
    return each(headers, [this](std::string_view value) { return !matcher_.matches(value); }) == Walk::kStopped;
  }
  bool all(const Headers& headers, bool there) const {
    if (!there) return matcher_.wants_absent();
    return each(headers, [this](std::string_view value) { return matcher_.matches(value); }) == Walk::kEnded;
  }

  enum class Walk : uint8_t { kEmpty, kStopped, kEnded };
  // Every line, or every member of every line, while `go_on` says so. A list without members is one empty member.
  template <typename Fn>
  Walk each(const Headers& headers, Fn go_on) const {
    Walk walk = Walk::kEmpty;
    for (std::string_view line : headers.values(name_)) {
      walk = Walk::kEnded;
      while (true) {
        const size_t comma = list_ ? line.find(',') : std::string_view::npos;
        if (!go_on(list_ ? trim(line.substr(0, comma)) : line)) return Walk::kStopped;
        if (comma == std::string_view::npos) break;
        line.remove_prefix(comma + 1);
      }
    }
    return walk;
  }
  static std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
  }

  std::string name_;
  TextMatcher matcher_;
  bool list_, invert_;
};

}  // namespace sallyport
