#include "core/traffic/route/regex_shape.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/http/ascii.h"

namespace sp::route {

namespace {

struct Atom;
using Sequence = std::vector<Atom>;

// One repeatable part of a pattern.
struct Atom {
  enum class Kind : uint8_t { kByte, kSlashless, kAnything, kGroup } kind = Kind::kByte;
  char byte = 0;                       // kByte
  std::vector<Sequence> alternatives;  // kGroup
  bool optional = false;               // may match nothing because of `?`, `*`, `{0,…}`
  bool repeated = false;               // may occur other than once or not at all

  bool plain_byte() const { return kind == Kind::kByte && !optional && !repeated; }
};

bool IsLetter(char c) { return http::ToLower(c) >= 'a' && http::ToLower(c) <= 'z'; }

// Reads the usual part of RE2's syntax; nothing for anything else.
class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {
    // Anchors change nothing in a match of the whole.
    if (Peek() == '^') ++at_;
  }

  // Alternatives up to `)` or the end.
  std::optional<std::vector<Sequence>> Alternatives(int depth) {
    constexpr int kMaxDepth = 16;
    if (depth > kMaxDepth) return std::nullopt;
    std::vector<Sequence> result(1);
    while (at_ < text_.size() && Peek() != ')') {
      if (Peek() == '|') {
        ++at_;
        result.emplace_back();
        continue;
      }
      if (Peek() == '$' && at_ + 1 == text_.size()) {
        ++at_;
        continue;
      }
      std::optional<Atom> atom = ReadAtom(depth);
      if (!atom) return std::nullopt;
      ReadRepeats(*atom);
      result.back().push_back(std::move(*atom));
    }
    return result;
  }
  bool AtEnd() const { return at_ == text_.size(); }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::optional<Atom> ReadAtom(int depth) {
    const char c = text_[at_++];
    switch (c) {
      case '(':
        return ReadGroup(depth);
      case '[':
        return ReadClass();
      case '\\':
        return ReadEscape();
      case '.':
        return Of(Atom::Kind::kAnything);
      case '^':
      case '$':
      case '*':
      case '+':
      case '?':
        return std::nullopt;
      default: {
        Atom atom;
        atom.byte = c;
        return atom;
      }
    }
  }

  std::optional<Atom> ReadGroup(int depth) {
    if (Peek() == '?') {  // `(?:…)` and `(?P<name>…)`, no flags
      if (text_.substr(at_, 2) == "?:") {
        at_ += 2;
      } else if (text_.substr(at_, 3) == "?P<" && text_.find('>', at_) != std::string_view::npos) {
        at_ = text_.find('>', at_) + 1;
      } else {
        return std::nullopt;
      }
    }
    std::optional<std::vector<Sequence>> alternatives = Alternatives(depth + 1);
    if (!alternatives || Peek() != ')') return std::nullopt;
    ++at_;
    Atom atom = *Of(Atom::Kind::kGroup);
    atom.alternatives = std::move(*alternatives);
    return atom;
  }

  std::optional<Atom> ReadClass() {
    const bool negated = Peek() == '^';
    if (negated) ++at_;
    bool slash = false;  // the class names it
    for (bool first = true; first || Peek() != ']'; first = false) {
      std::optional<char> low = ReadClassByte(&slash);
      if (!low) return std::nullopt;
      std::optional<char> high = low;
      if (Peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        if (*low == '\0') return std::nullopt;  // a range from `\d`
        high = ReadClassByte(&slash);
        if (!high || *high == '\0') return std::nullopt;
      }
      slash = slash || (static_cast<unsigned char>(*low) <= '/' && static_cast<unsigned char>(*high) >= '/');
    }
    ++at_;
    return Of(slash != negated ? Atom::Kind::kAnything : Atom::Kind::kSlashless);
  }

  // A byte of a class; NUL for `\d` and `\w`, which hold no slash.
  std::optional<char> ReadClassByte(bool* slash) {
    if (at_ >= text_.size()) return std::nullopt;
    const char c = text_[at_++];
    if (c == '\0') return std::nullopt;
    if (c == '[' && Peek() == ':') return std::nullopt;
    if (c != '\\') return c;
    if (at_ >= text_.size()) return std::nullopt;
    const char escaped = text_[at_++];
    if (escaped == 'd' || escaped == 'w') return '\0';
    if (escaped == '/') *slash = true;
    if (IsLetter(escaped) || http::IsDigit(escaped)) return std::nullopt;
    return escaped;
  }

  std::optional<Atom> ReadEscape() {
    if (at_ >= text_.size()) return std::nullopt;
    const char c = text_[at_++];
    if (c == 'd' || c == 'w' || c == 's') return Of(Atom::Kind::kSlashless);
    if (c == 'D' || c == 'W' || c == 'S') return Of(Atom::Kind::kAnything);
    if (IsLetter(c) || http::IsDigit(c)) return std::nullopt;
    Atom atom;
    atom.byte = c;
    return atom;
  }

  void ReadRepeats(Atom& atom) {
    for (;;) {
      const char c = Peek();
      if (c == '?' || c == '*' || c == '+') {
        // A `?` behind another repeat makes that one reluctant, which changes no match of the whole.
        if (c != '+' && !(c == '?' && (atom.optional || atom.repeated))) atom.optional = true;
        atom.repeated = atom.repeated || c != '?';
        ++at_;
      } else if (c == '{' && IsCount()) {
        atom.optional = atom.optional || text_[at_ + 1] == '0';
        atom.repeated = true;
        at_ = text_.find('}', at_) + 1;
      } else {
        return;
      }
    }
  }

  // `{2}`, `{2,}`, `{2,3}`; any other brace is a byte.
  bool IsCount() const {
    const size_t close = text_.find('}', at_);
    if (close == std::string_view::npos) return false;
    const std::string_view inner = text_.substr(at_ + 1, close - at_ - 1);
    return !inner.empty() && http::IsDigit(inner.front()) &&
           std::all_of(inner.begin(), inner.end(), [](char c) { return http::IsDigit(c) || c == ','; });
  }

  static std::optional<Atom> Of(Atom::Kind kind) {
    Atom atom;
    atom.kind = kind;
    return atom;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// ---------------------------------------------------------------------------------------- what an atom may match

bool MayHoldSlash(const Atom& atom) {
  if (atom.kind == Atom::Kind::kByte) return atom.byte == '/';
  if (atom.kind != Atom::Kind::kGroup) return atom.kind == Atom::Kind::kAnything;
  return std::any_of(atom.alternatives.begin(), atom.alternatives.end(), [](const Sequence& sequence) {
    return std::any_of(sequence.begin(), sequence.end(), MayHoldSlash);
  });
}

bool BeginsWithSlashOrIsEmpty(const Sequence& sequence, size_t from);

// Whatever it matches is empty or begins with a slash.
bool BeginsWithSlashOrIsEmpty(const Atom& atom) {
  if (atom.kind == Atom::Kind::kByte) return atom.byte == '/';
  return atom.kind == Atom::Kind::kGroup &&
         std::all_of(atom.alternatives.begin(), atom.alternatives.end(),
                     [](const Sequence& sequence) { return BeginsWithSlashOrIsEmpty(sequence, 0); });
}

bool MayBeEmpty(const Atom& atom) {
  return atom.optional || (atom.kind == Atom::Kind::kGroup &&
                           std::any_of(atom.alternatives.begin(), atom.alternatives.end(),
                                       [](const Sequence& s) { return std::all_of(s.begin(), s.end(), MayBeEmpty); }));
}

bool BeginsWithSlashOrIsEmpty(const Sequence& sequence, size_t from) {
  for (size_t i = from; i < sequence.size(); ++i) {
    if (!BeginsWithSlashOrIsEmpty(sequence[i])) return false;
    if (!MayBeEmpty(sequence[i])) return true;
  }
  return true;
}

}  // namespace

size_t RegexShape::literal_bytes() const {
  return std::accumulate(segments.begin(), segments.end(), size_t{0},
                         [](size_t sum, const Segment& segment) { return sum + segment.text.size(); });
}

RegexShape RegexShape::Of(std::string_view pattern) {
  RegexShape shape;
  PatternReader reader(pattern);
  const std::optional<std::vector<Sequence>> alternatives = reader.Alternatives(0);
  if (!alternatives || !reader.AtEnd() || alternatives->size() != 1) return shape;
  const Sequence& atoms = alternatives->front();
  if (atoms.empty() || !atoms.front().plain_byte() || atoms.front().byte != '/') return shape;

  Segment segment;
  for (size_t i = 1; i < atoms.size(); ++i) {
    const Atom& atom = atoms[i];
    if (atom.plain_byte() && atom.byte == '/') {
      shape.segments.push_back(std::move(segment));
      segment = {};
    } else if (MayHoldSlash(atom)) {
      // Where segments end is unknown from here on; the one before is whole if what follows can't belong to it.
      if (BeginsWithSlashOrIsEmpty(atoms, i)) shape.segments.push_back(std::move(segment));
      return shape;
    } else if (atom.plain_byte() && !segment.any) {
      segment.text += atom.byte;
    } else {
      segment = {{}, true};
    }
  }
  shape.segments.push_back(std::move(segment));
  shape.open = false;
  return shape;
}

}  // namespace sp::route
