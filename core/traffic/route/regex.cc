#include "core/traffic/route/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace sp::route {

namespace {

constexpr int kMaxSubstitutedGroup = 9;

re2::StringPiece Piece(std::string_view text) { return re2::StringPiece(text.data(), text.size()); }

// Every match lies between these two, so what they begin with every match begins with.
std::string LiteralPrefix(const re2::RE2& program) {
  constexpr int kLongest = 128;
  std::string low, high;
  if (!program.PossibleMatchRange(&low, &high, kLongest)) return {};
  const size_t shorter = std::min(low.size(), high.size());
  const auto differ = std::mismatch(low.begin(), low.begin() + static_cast<ptrdiff_t>(shorter), high.begin());
  return std::string(low.begin(), differ.first);
}

// Grows text in the arena up to a limit.
class Output {
 public:
  Output(Arena& arena, size_t limit) : arena_(arena), limit_(limit) {}
  void Append(std::string_view more) {
    if (text_.size() + more.size() > limit_) full_ = true;
    if (!full_ && !more.empty()) text_ = arena_.Extend(text_, more);
  }
  bool full() const { return full_; }
  std::string_view text() const { return text_; }

 private:
  Arena& arena_;
  size_t limit_;
  bool full_ = false;
  std::string_view text_;
};

void AppendSubstitution(std::string_view substitution, const re2::StringPiece* groups, Output& out) {
  for (size_t i = 0; i < substitution.size(); ++i) {
    if (substitution[i] != '\\' || i + 1 == substitution.size()) {
      out.Append(substitution.substr(i, 1));
      continue;
    }
    const char next = substitution[++i];
    if (next >= '0' && next <= '9') {
      const re2::StringPiece& group = groups[next - '0'];
      out.Append({group.data(), group.size()});
    } else {
      out.Append(substitution.substr(i, 1));
    }
  }
}

}  // namespace

Regex::Regex(std::string_view pattern, Options options, std::unique_ptr<re2::RE2> program)
    : pattern_(pattern),
      literal_prefix_(LiteralPrefix(*program)),
      ignore_case_(options.ignore_case),
      program_(std::move(program)) {}

Regex::~Regex() = default;

std::shared_ptr<const Regex> Regex::Compile(std::string_view pattern, Options options, std::string* error) {
  if (pattern.size() > kMaxPattern) {
    *error = fmt::format("is {} bytes long; {} are the limit", pattern.size(), kMaxPattern);
    return nullptr;
  }
  re2::RE2::Options re2_options(re2::RE2::Latin1);
  re2_options.set_log_errors(false);
  re2_options.set_case_sensitive(!options.ignore_case);
  re2_options.set_dot_nl(true);  // a line feed, decoded from a query, must not slip past `.*`
  re2_options.set_max_mem(kMaxMemory);
  auto program = std::make_unique<re2::RE2>(Piece(pattern), re2_options);
  if (!program->ok()) {
    *error = fmt::format("is no regular expression: {}", program->error());
    return nullptr;
  }
  if (program->ProgramSize() > kMaxProgram) {
    *error = fmt::format("compiles to {} instructions; {} are the limit", program->ProgramSize(), kMaxProgram);
    return nullptr;
  }
  return std::shared_ptr<const Regex>(new Regex(pattern, options, std::move(program)));
}

bool Regex::FullMatch(std::string_view subject) const {
  return program_->Match(Piece(subject), 0, subject.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

std::optional<std::string_view> Regex::ReplaceAll(std::string_view subject, std::string_view substitution, size_t limit,
                                                  Arena& arena) const {
  std::array<re2::StringPiece, kMaxSubstitutedGroup + 1> groups;
  const int wanted = std::min(program_->NumberOfCapturingGroups(), kMaxSubstitutedGroup) + 1;
  const re2::StringPiece text = Piece(subject);
  Output out(arena, limit);
  size_t at = 0;      // where to look on
  size_t copied = 0;  // how much of the subject stands in the output
  bool any = false;
  while (at <= subject.size() && !out.full() &&
         program_->Match(text, at, subject.size(), re2::RE2::UNANCHORED, groups.data(), wanted)) {
    const auto begin = static_cast<size_t>(groups[0].data() - subject.data());
    const size_t end = begin + groups[0].size();
    // An empty match right behind the match before is none: `a*` in `baac` replaces ``, `aa`, ``.
    if (!any || begin != end || begin != copied) {
      any = true;
      out.Append(subject.substr(copied, begin - copied));
      AppendSubstitution(substitution, groups.data(), out);
      copied = end;
    }
    at = end > begin ? end : end + 1;
  }
  if (!any) return subject;
  out.Append(subject.substr(std::min(copied, subject.size())));
  return out.full() ? std::nullopt : std::optional(out.text());
}

bool Regex::CheckSubstitution(std::string_view substitution, std::string* error) const {
  for (size_t i = 0; i < substitution.size(); ++i) {
    if (substitution[i] != '\\') continue;
    if (++i == substitution.size()) {
      *error = R"(ends in a single \)";
      return false;
    }
    const char next = substitution[i];
    if (next == '\\') continue;
    if (next < '0' || next > '9') {
      *error = fmt::format(R"(has \{}: only \0 to \9 and \\ mean something)", next);
      return false;
    }
    if (next - '0' > program_->NumberOfCapturingGroups()) {
      *error = fmt::format(R"(has \{}, but the pattern has {} groups)", next, program_->NumberOfCapturingGroups());
      return false;
    }
  }
  return true;
}

}  // namespace sp::route
