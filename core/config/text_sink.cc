#include "core/config/text_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sp::config {
namespace {

bool IsAlphaNumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Text that YAML 1.1 and 1.2 readers alike take as that text. Rather too few than too many.
bool IsPlain(std::string_view text) {
  constexpr std::string_view kWords[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  if (text.empty() || text.back() == ':') return false;
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  bool letter = false;  // one that no number, date or time has
  for (const char c : lower) {
    if (!IsAlphaNumeric(c) && std::string_view("_-./:@+").find(c) == std::string_view::npos) return false;
    letter = letter || (c >= 'a' && c <= 'z' && c != 'e') || c == '/';
  }
  const char first = lower.front();
  if (first == '/' || first == '_') return letter || first == '/';
  if (first >= 'a' && first <= 'z') return std::find(std::begin(kWords), std::end(kWords), lower) == std::end(kWords);
  const bool prefixed = lower.starts_with("0x") || lower.starts_with("0o") || lower.starts_with("0b");
  const bool ipv4 = std::count(lower.begin(), lower.end(), '.') >= 3;
  return first >= '0' && first <= '9' && !prefixed && (letter || ipv4);
}

std::string YamlText(std::string_view text) { return IsPlain(text) ? std::string(text) : QuotedText(text); }

}  // namespace

std::string QuotedText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

// --------------------------------------------------------------------------------------------------------------- YAML

void YamlSink::NewLine(size_t indent) {
  if (!out_.empty()) out_ += '\n';
  out_.append(indent, ' ');
}

void YamlSink::Lead() {
  if (!open_.empty() && open_.back().list) {
    NewLine(open_.back().indent);
    out_ += '-';
    after_dash_ = true;
  }
}

void YamlSink::Begin(bool list, bool empty) {
  Lead();
  if (empty) {
    out_ += list ? " []" : " {}";
    return;
  }
  const size_t indent = open_.empty() ? 0 : open_.back().indent + 2;
  open_.push_back({list, after_dash_ && !list, indent});
  after_dash_ = false;
}

void YamlSink::End(bool empty) {
  if (!empty) open_.pop_back();
  after_dash_ = false;
}

void YamlSink::Key(std::string_view key) {
  Open& in = open_.back();
  if (in.beside) {
    out_ += ' ';
    in.beside = false;
  } else {
    NewLine(in.indent);
  }
  out_ += YamlText(key);
  out_ += ':';
}

void YamlSink::Text(std::string_view text) { Literal(YamlText(text)); }

void YamlSink::Literal(std::string_view text) {
  Lead();
  out_ += ' ';
  out_ += text;
  after_dash_ = false;
}

std::string YamlSink::Take() {
  std::string out = std::exchange(out_, {});
  if (out.starts_with(' ')) out.erase(0, 1);
  return out + '\n';
}

// --------------------------------------------------------------------------------------------------------------- JSON

void JsonSink::Lead() {
  if (std::exchange(after_key_, false)) return;
  if (!first_) out_ += ',';
  first_ = false;
  if (depth_ == 0) return;
  out_ += '\n';
  out_.append(2 * depth_, ' ');
}

void JsonSink::Begin(char bracket) {
  Lead();
  out_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonSink::End(char bracket, bool empty) {
  --depth_;
  if (!empty) {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }
  out_ += bracket;
  first_ = false;
}

void JsonSink::Key(std::string_view key) {
  Lead();
  out_ += QuotedText(key) + ": ";
  after_key_ = true;
}

void JsonSink::Text(std::string_view text) {
  Lead();
  out_ += QuotedText(text);
}

void JsonSink::Literal(std::string_view text) {
  Lead();
  out_ += text;
}

std::string JsonSink::Take() { return std::exchange(out_, {}) + '\n'; }

}  // namespace sp::config
