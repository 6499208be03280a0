// Random routes and requests as lines of text (text_tables.h), over words so few that much matches and much nearly
// does. For tests only.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/base/random.h"

namespace sp::route::testing {

class RandomLines {
 public:
  // `words`: how many different segments and values there are. `crowded`: routes share host and path and differ in
  // their other conditions.
  RandomLines(uint64_t seed, uint64_t words, bool crowded) : random_(seed), words_(words), crowded_(crowded) {}

  std::string Route(const std::string& name, size_t tables) {
    std::string line = name;
    if (crowded_) return line + Crowded();
    if (Chance(2)) Repeat(1 + Below(3), [&] { line += " host=" + HostPattern(); });
    if (!Chance(25)) line += (Chance(6) ? " ipath=" : " path=") + Path();
    if (Chance(4)) Repeat(1 + Below(3), [&] { line += " method=" + Method(); });
    if (Chance(3)) Repeat(1 + Below(3), [&] { line += " " + Prefix(true) + "header=" + Name() + ":" + Value(); });
    if (Chance(4)) Repeat(1 + Below(2), [&] { line += " " + Prefix(false) + "query=" + Name() + ":" + Value(); });
    if (Chance(20)) line += " share=500000";
    if (tables > 0 && Chance(5)) line += (Chance(4) ? " table!=t" : " table=t") + std::to_string(Below(tables));
    return line;
  }

  std::string Request() {
    std::string line = Method() + " " + Host();
    if (Chance(5)) line += Chance(2) ? ":81" : ":8080";
    if (!Chance(30)) line += Chance(30) ? "*" : RequestPath();
    if (Chance(2)) line += "?" + Params(Chance(20) ? 1001 : Below(5));
    Repeat(Below(crowded_ ? 10 : 6), [&] { line += " " + Name() + ":" + Text(); });
    return line + " random=" + std::to_string(Below(1'000'000));
  }

 private:
  uint64_t Below(uint64_t bound) { return random_.Below(bound); }
  bool Chance(uint64_t one_in) { return Below(one_in) == 0; }
  template <size_t kSize>
  std::string_view Pick(const std::array<std::string_view, kSize>& from) {
    return from[Below(kSize)];
  }
  template <typename Do>
  static void Repeat(uint64_t times, Do once) {
    for (uint64_t i = 0; i < times; ++i) once();
  }

  std::string Crowded() {
    std::string line = Chance(4) ? " path=prefix:/a" : "";
    if (Chance(3)) Repeat(1 + Below(2), [&] { line += " method=" + Method(); });
    if (Chance(2)) Repeat(1 + Below(3), [&] { line += " " + Prefix(true) + "header=" + Name() + ":" + Value(); });
    if (Chance(2)) Repeat(1 + Below(2), [&] { line += " " + Prefix(false) + "query=" + Name() + ":" + Value(); });
    return line + " header=q:prefix:" + Word();  // else most requests would take the first route
  }

  std::string Word() {
    const uint64_t word = Below(words_);
    std::string text(1, static_cast<char>('a' + word % 7));
    if (word >= 7) text += std::to_string(word / 7);
    if (word % 3 == 0) text += "-longer-than-eight";
    if (Chance(12)) text[0] = static_cast<char>(text[0] - 32);
    return text;
  }
  std::string Name() { return std::string(1, static_cast<char>('m' + Below(5))); }
  std::string Text() {
    if (Chance(8)) return "\"" + Word() + ", " + Word() + "\"";
    return Word();
  }
  std::string Method() {
    static constexpr std::array<std::string_view, 6> kMethods = {"GET", "GET", "POST", "PUT", "PURGE", "BAN"};
    return std::string(Pick(kMethods));
  }

  std::string Host() {
    std::string host(1, static_cast<char>('a' + Below(4)));
    Repeat(Below(4), [&] { host += std::string(".") + static_cast<char>('a' + Below(4)); });
    return host;
  }
  std::string HostPattern() {
    std::string host = Chance(8) ? "*" : Chance(3) ? "*." + Host() : Host();
    if (Chance(8)) host += Chance(2) ? ":81" : ":80";
    return host;
  }

  std::string RequestPath() {
    std::string path;
    Repeat(Below(5), [&] { path += "/" + Word(); });
    if (path.empty() || Chance(5)) path += "/";
    return path;
  }
  std::string Path() {
    static constexpr std::array<std::string_view, 7> kKinds = {"exact",         "exact",    "prefix", "prefix",
                                                               "string_prefix", "template", "regex"};
    const std::string_view kind = Pick(kKinds);
    if (kind == "template") return "template:" + Template();
    if (kind == "regex") return "regex:" + RegexPath();
    std::string path = Chance(60) ? "/" : "/" + Word() + (Chance(3) ? "" : RequestPath());
    if (kind == "string_prefix") path.resize(std::min(path.size(), 2 + Below(path.size())));
    if (kind == "exact" && Chance(30)) path = "*";
    return std::string(kind) + ":" + path;
  }
  std::string Template() {
    std::string path;
    for (uint64_t i = 0, count = Below(5); i < count; ++i) {
      path += Chance(2) ? "/" + Word() : Chance(3) ? "/*" : "/{v" + std::to_string(i) + "}";
    }
    if (path.empty()) path = "/" + Word();
    if (Chance(3)) path += Chance(2) ? "/{rest=**}" : "/";
    return path;
  }
  std::string RegexPath() {
    static constexpr std::array<std::string_view, 17> kParts = {
        "/[a-z0-9]+", "/.*",   "(/.*)?", "/?",    "/[^/]*",      "[0-9]*", "/(a|b)",   "(/a|/b/c)?", "\\d",
        ".",          "/\\w+", "a?",     "[^a]+", "(?:/[a-c])*", "/[.-0]", "/c[.-0]+", "b{0,2}"};
    std::string path = Chance(10) ? "^" : "";
    path += "/" + Word();
    Repeat(Below(4), [&] { path += Chance(2) ? "/" + Word() : std::string(Pick(kParts)); });
    return Chance(10) ? path + "|/" + Word() : path;
  }

  std::string Prefix(bool header) {
    std::string prefix = Chance(5) ? "!" : "";
    if (Chance(5)) prefix += "i";
    if (header && Chance(5)) prefix += "l";
    return prefix;
  }
  std::string Value() {
    static constexpr std::array<std::string_view, 8> kKinds = {
        "exact:", "exact:", "exact:", "exact:", "prefix:", "contains:", "regex:", "suffix:"};
    if (Chance(6)) return "present";
    return std::string(Pick(kKinds)) + Word();
  }
  std::string Params(uint64_t count) {
    std::string query;
    for (uint64_t i = 0; i < count; ++i) query += (i == 0 ? "" : "&") + Name() + (Chance(5) ? "" : "=" + Word());
    return query;
  }

  Random random_;
  uint64_t words_;
  bool crowded_;
};

}  // namespace sp::route::testing
