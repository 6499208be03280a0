#include "core/base/field_error.h"

#include <algorithm>

namespace sp {

std::string FieldError::ToString() const {
  std::string out = path.empty() ? message : path + ": " + message;
  if (!suggestion.empty()) out += " (did you mean \"" + suggestion + "\"?)";
  return out;
}

namespace {

// Damerau-Levenshtein (adjacent transpositions count one).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr size_t kLongest = 64;
  if (word.empty() || word.size() > kLongest) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kLongest || candidate == word) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

FieldPath FieldPath::Field(std::string_view name) const {
  if (text_.empty()) return FieldPath(std::string(name));
  return FieldPath(text_ + "." + std::string(name));
}

FieldPath FieldPath::Index(size_t i) const { return FieldPath(text_ + "[" + std::to_string(i) + "]"); }

}  // namespace sp
