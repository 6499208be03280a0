// Templates of text lines: `{field}`, `{field|what stands for none}`, `{{` and `}}`.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/http/validate.h"
#include "core/operate/telemetry/format.h"

namespace sp::telemetry {
namespace {

constexpr std::string_view kRequestHeader = "request.header.";
constexpr std::string_view kResponseHeader = "response.header.";

// Fields that hold credentials: a log is read by more people than may act as a client (T85).
constexpr std::string_view kSecretHeaders[] = {"authorization", "cookie", "proxy-authorization", "set-cookie",
                                               "x-api-key"};

std::string_view NearestName(std::string_view name) {
  std::vector<std::string_view> names;
  for (const FieldInfo& info : Fields()) names.push_back(info.name);
  if (name.starts_with("request.h")) names.push_back("request.header.NAME");
  if (name.starts_with("response.h")) names.push_back("response.header.NAME");
  return Nearest(name, names);
}

bool IsLiteral(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

}  // namespace

// Reads a template once, from left to right, into the pieces of a LineFormat.
class TemplateReader {
 public:
  explicit TemplateReader(std::string_view text) : rest_(text) {}

  std::optional<FieldError> Read() {
    if (rest_.size() > kMaxTemplateBytes) {
      return Error(fmt::format("is longer than {} bytes", kMaxTemplateBytes));
    }
    if (!IsLiteral(rest_)) return Error("has a control character in it: a line is one line");
    while (!rest_.empty()) {
      if (auto error = Next()) return error;
    }
    if (!literal_.empty()) pieces_.push_back(Piece{std::move(literal_), {}, {}, {}, {}, {}, {}});
    return Finish();
  }
  LineFormat Take() {
    LineFormat format;
    format.pieces_ = std::move(pieces_);
    return format;
  }

 private:
  using Piece = LineFormat::Piece;

  static FieldError Error(std::string message, std::string_view suggestion = {}) {
    return {{}, std::move(message), std::string(suggestion)};
  }

  std::optional<FieldError> Next() {
    const char c = rest_.front();
    if (c != '{' && c != '}') {
      literal_ += c;
      quoted_ ^= c == '"';
      rest_.remove_prefix(1);
      return std::nullopt;
    }
    if (rest_.size() > 1 && rest_[1] == c) {
      literal_ += c;
      rest_.remove_prefix(2);
      return std::nullopt;
    }
    if (c == '}') return Error("has a } without its {: a literal one is }}");
    const size_t end = rest_.find('}');
    if (end == std::string_view::npos) return Error("has a { without its }: a literal one is {{");
    const std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return ReadField(inside);
  }

  std::optional<FieldError> ReadField(std::string_view inside) {
    Piece piece;
    const size_t bar = inside.find('|');
    const std::string_view name = inside.substr(0, bar);
    piece.otherwise = bar == std::string_view::npos ? "-" : std::string(inside.substr(bar + 1));
    if (piece.otherwise.find_first_of("{\"") != std::string::npos) {
      return Error(fmt::format("field {{{}}}: what follows | is plain text without quotes and braces", name));
    }
    if (auto error = ReadName(name, &piece)) return error;
    piece.literal = std::exchange(literal_, {});
    piece.quoted = quoted_;
    pieces_.push_back(std::move(piece));
    return std::nullopt;
  }

  std::optional<FieldError> ReadName(std::string_view name, Piece* piece) {
    if (name.starts_with(kRequestHeader)) {
      piece->field = Field::kRequestHeader;
      return ReadHeader(name.substr(kRequestHeader.size()), piece);
    }
    if (name.starts_with(kResponseHeader)) {
      piece->field = Field::kResponseHeader;
      return ReadHeader(name.substr(kResponseHeader.size()), piece);
    }
    for (const FieldInfo& info : Fields()) {
      if (info.name != name) continue;
      piece->field = info.field;
      piece->limit = info.limit;
      return std::nullopt;
    }
    return Error(fmt::format("unknown field {{{}}}", name), NearestName(name));
  }

  std::optional<FieldError> ReadHeader(std::string_view name, Piece* piece) {
    if (!http::IsToken(name)) return Error(fmt::format("\"{}\" is no name of a header", name));
    piece->limit = kTextLimit;
    piece->header = name;
    for (char& c : piece->header) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    if (std::find(std::begin(kSecretHeaders), std::end(kSecretHeaders), piece->header) != std::end(kSecretHeaders)) {
      return Error(fmt::format("header {} holds credentials, which are never logged", piece->header));
    }
    return std::nullopt;
  }

  // Which byte ends each value, and whether the longest line fits.
  std::optional<FieldError> Finish() {
    size_t longest = 1;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      Piece& piece = pieces_[i];
      if (i + 1 < pieces_.size() && !pieces_[i + 1].literal.empty()) piece.next = pieces_[i + 1].literal.front();
      const size_t value = piece.limit > 0 ? piece.limit + size_t{4} : kPlainLimit;
      longest += piece.literal.size() + std::max(value, piece.otherwise.size());
    }
    if (longest <= kMaxLineBytes) return std::nullopt;
    return Error(fmt::format("may give lines of {} bytes, more than {}", longest, kMaxLineBytes));
  }

  std::string_view rest_;
  std::string literal_;
  bool quoted_ = false;
  std::vector<Piece> pieces_;
};

std::optional<FieldError> CheckTemplate(std::string_view text) { return TemplateReader(text).Read(); }

LineFormat LineFormat::Text(std::string_view text) {
  TemplateReader reader(text.empty() ? kDefaultTemplate : text);
  if (!reader.Read()) return reader.Take();
  TemplateReader otherwise(kDefaultTemplate);
  otherwise.Read();
  return otherwise.Take();
}

}  // namespace sp::telemetry
