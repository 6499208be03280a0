#include "core/operate/telemetry/metrics_page.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/operate/telemetry/escape.h"
#include "core/operate/telemetry/process_stats.h"

namespace sp::telemetry {
namespace {

std::string_view TextOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// `[a-zA-Z_:][a-zA-Z0-9_:]*`; a label has no colon. What else a plugin thought of becomes `_`.
void AppendName(std::string_view name, bool label, std::string* to) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) *to += '_';
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool fits = letter || (c >= '0' && c <= '9') || (c == ':' && !label);
    *to += fits ? c : '_';
  }
}

// Label values escape quotes too; help texts must not.
void AppendEscaped(std::string_view text, bool quotes, std::string* to) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const std::string_view character = text.substr(0, length);
    if (length == 0) {
      *to += "\xef\xbf\xbd";
    } else if (character == "\n") {
      *to += "\\n";
    } else if (character == "\\" || (quotes && character == "\"")) {
      *to += '\\';
      *to += character;
    } else {
      *to += character;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void AppendLabel(std::string_view name, std::string_view value, std::string* to) {
  if (!to->empty()) *to += ',';
  AppendName(name, true, to);
  *to += "=\"";
  AppendEscaped(value, true, to);
  *to += '"';
}

// Upper bounds in seconds, as `le` has them.
const std::array<std::string, Histogram::kBoundsMicros.size() + 1>& Bounds() {
  static const auto bounds = [] {
    std::array<std::string, Histogram::kBoundsMicros.size() + 1> texts;
    for (size_t i = 0; i < Histogram::kBoundsMicros.size(); ++i) {
      texts[i] = fmt::format("{}", static_cast<double>(Histogram::kBoundsMicros[i]) / 1e6);
    }
    texts.back() = "+Inf";
    return texts;
  }();
  return bounds;
}

// Series of one name.
struct Family {
  std::string name;
  MetricKind kind;
  std::string text;
};

class Page {
 public:
  void Add(const MetricRegistry::Sample& sample) {
    Family& family = FamilyOf(*sample.series);
    if (family.kind != sample.series->kind) return;  // a plugin's metric of a name that is taken
    labels_.clear();
    for (const auto& [name, value] : *sample.labels) AppendLabel(name, value, &labels_);
    if (!sample.series->label.empty()) AppendLabel(sample.series->label, sample.series->value, &labels_);
    if (family.kind == MetricKind::kHistogram) return AddHistogram(sample, &family);
    family.text += family.name;
    if (!labels_.empty()) fmt::format_to(std::back_inserter(family.text), "{{{}}}", labels_);
    fmt::format_to(std::back_inserter(family.text), " {}\n", sample.value);
  }

  std::string Text() const {
    size_t bytes = 0;
    for (const Family& family : families_) bytes += family.text.size();
    std::string page;
    page.reserve(bytes + 4096);  // what Text's caller appends
    for (const Family& family : families_) page += family.text;
    return page;
  }

 private:
  Family& FamilyOf(const MetricSeries& series) {
    if (&series == last_series_) return families_[last_];
    last_series_ = &series;
    const auto [at, is_new] = index_.try_emplace(series.name, families_.size());
    last_ = at->second;
    if (is_new) {
      Family& family = families_.emplace_back();
      family.kind = series.kind;
      AppendName(series.name, false, &family.name);
      family.text = fmt::format("# HELP {} ", family.name);
      AppendEscaped(series.help, false, &family.text);
      fmt::format_to(std::back_inserter(family.text), "\n# TYPE {} {}\n", family.name, TextOf(series.kind));
    }
    return families_[last_];
  }

  void AddHistogram(const MetricRegistry::Sample& sample, Family* family) {
    const auto out = std::back_inserter(family->text);
    const std::string_view comma = labels_.empty() ? "" : ",";
    uint64_t count = 0;
    for (size_t i = 0; i < std::size(sample.buckets); ++i) {
      count += sample.buckets[i];
      fmt::format_to(out, "{}_bucket{{{}{}le=\"{}\"}} {}\n", family->name, labels_, comma, Bounds()[i], count);
    }
    const std::string braced = labels_.empty() ? std::string() : fmt::format("{{{}}}", labels_);
    fmt::format_to(out, "{}_sum{} {}.{:06}\n{}_count{} {}\n", family->name, braced, sample.sum_micros / 1'000'000,
                   sample.sum_micros % 1'000'000, family->name, braced, count);
  }

  std::vector<Family> families_;
  std::unordered_map<std::string_view, size_t> index_;  // by the name as given
  const MetricSeries* last_series_ = nullptr;
  size_t last_ = 0;
  std::string labels_;  // of the sample at hand
};

}  // namespace

std::string MetricsPage(const MetricRegistry& registry) {
  Page page;
  registry.Visit([&](const MetricRegistry::Sample& sample) { page.Add(sample); });
  std::string text = page.Text();
  AppendProcessStats(&text);
  return text;
}

}  // namespace sp::telemetry
