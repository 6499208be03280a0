#include "core/operate/telemetry/metrics_page.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "test/support/catch.h"

namespace sp::telemetry {
namespace {

using testing::ContainsSubstring;

struct Block {
  Counter requests;
  Counter status[2];
  Gauge open;
  Histogram duration;
  static std::pair<const MetricSeries*, size_t> Series() {
    using enum MetricKind;
    static constexpr MetricSeries kSeries[] = {
        {"t_requests_total", "Requests \\ received.\nAll.", kCounter, offsetof(Block, requests)},
        {"t_responses_total", "Answers.", kCounter, offsetof(Block, status[0]), "class", "2xx"},
        {"t_responses_total", "Answers.", kCounter, offsetof(Block, status[1]), "class", "5xx"},
        {"t_open", "Open.", kGauge, offsetof(Block, open)},
        {"t_duration_seconds", "How long.", kHistogram, offsetof(Block, duration)},
    };
    return {kSeries, std::size(kSeries)};
  }
};

// The page up to what it says of the process.
std::string Series(const MetricRegistry& registry) {
  const std::string page = MetricsPage(registry);
  return page.substr(0, page.find("# HELP sallyport_build_info"));
}

TEST_CASE("the page") {
  MetricRegistry registry;
  auto* const edge0 = registry.Register<Block>({{"listener", "edge"}}, 0);
  auto* const edge1 = registry.Register<Block>({{"listener", "edge"}}, 1);
  auto* const odd = registry.Register<Block>({{"listener", "o\"d\\d\n\xff\xc3\xa9"}, {"a-b", "c"}}, 0);
  edge0->requests.Add(2);
  edge1->requests.Add(3);
  odd->requests.Add(1);
  edge0->status[1].Add(4);
  edge0->open.Add(-1);
  edge0->duration.Observe(90);
  edge1->duration.Observe(1'000'001);
  edge1->duration.Observe(60'000'000);
  const std::string odd_labels = R"(listener="o\"d\\d\n)"
                                 "\xef\xbf\xbd\xc3\xa9"
                                 R"(",a_b="c")";
  const auto histogram = [](const std::string& labels, const std::vector<int>& counts, const char* sum) {
    std::string text;
    const char* const bounds[] = {"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
                                  "0.1",    "0.25",    "0.5",    "1",     "2.5",    "5",     "10",   "30",    "+Inf"};
    for (size_t i = 0; i < std::size(bounds); ++i) {
      text += "t_duration_seconds_bucket{" + labels + ",le=\"" + bounds[i] + "\"} " + std::to_string(counts[i]) + "\n";
    }
    text += "t_duration_seconds_sum{" + labels + "} " + sum + "\n";
    return text + "t_duration_seconds_count{" + labels + "} " + std::to_string(counts.back()) + "\n";
  };
  const std::string expected =
      "# HELP t_requests_total Requests \\\\ received.\\nAll.\n# TYPE t_requests_total counter\n"
      "t_requests_total{listener=\"edge\"} 5\nt_requests_total{" +
      odd_labels +
      "} 1\n"
      "# HELP t_responses_total Answers.\n# TYPE t_responses_total counter\n"
      "t_responses_total{listener=\"edge\",class=\"2xx\"} 0\nt_responses_total{" +
      odd_labels +
      ",class=\"2xx\"} 0\n"
      "t_responses_total{listener=\"edge\",class=\"5xx\"} 4\nt_responses_total{" +
      odd_labels +
      ",class=\"5xx\"} 0\n"
      "# HELP t_open Open.\n# TYPE t_open gauge\nt_open{listener=\"edge\"} -1\nt_open{" +
      odd_labels +
      "} 0\n"
      "# HELP t_duration_seconds How long.\n# TYPE t_duration_seconds histogram\n" +
      histogram("listener=\"edge\"", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3}, "61.000091") +
      histogram(odd_labels, std::vector<int>(18, 0), "0.000000");
  CHECK(Series(registry) == expected);
}

TEST_CASE("a plugin's metric under a name that is taken, or of another kind, makes no second family") {
  MetricRegistry registry;
  registry.Register<Block>({{"listener", "edge"}}, 0);
  registry.RegisterOne<Counter>(MetricKind::kCounter, "t_requests_total", "Mine.", {{"filter", "f"}}, 0)->Add(7);
  registry.RegisterOne<Gauge>(MetricKind::kGauge, "t_responses_total", "Mine.", {}, 0);
  registry.RegisterOne<Counter>(MetricKind::kCounter, "odd name\n1", "x", {}, 0);
  const std::string page = Series(registry);
  CHECK_THAT(page, ContainsSubstring("t_requests_total{listener=\"edge\"} 0\nt_requests_total{filter=\"f\"} 7\n"));
  CHECK(page.find("Mine.") == std::string::npos);
  CHECK(page.find("gauge\nt_responses_total") == std::string::npos);
  CHECK_THAT(page, ContainsSubstring("# TYPE odd_name_1 counter\nodd_name_1 0\n"));
}

TEST_CASE("the process") {
  const std::string page = MetricsPage(MetricRegistry());
  for (const char* name : {"process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_virtual_memory_bytes", "process_open_fds", "process_max_fds"}) {
    CHECK_THAT(page, ContainsSubstring("\n" + std::string(name) + " "));
  }
  CHECK_THAT(page, ContainsSubstring("sallyport_build_info{version=\""));
  const size_t at = page.find("\nprocess_start_time_seconds ");
  const double start = std::stod(page.substr(at + 28));
  const double now = static_cast<double>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  CHECK(start <= now + 1);
  CHECK(start > now - 600);
}

TEST_CASE("100,000 series") {
  MetricRegistry registry;
  struct One {
    Counter count;
    static std::pair<const MetricSeries*, size_t> Series() {
      static constexpr MetricSeries kSeries[] = {{"t_total", "Many.", MetricKind::kCounter, offsetof(One, count)}};
      return {kSeries, 1};
    }
  };
  for (int i = 0; i < 100'000; ++i) registry.Register<One>({{"route", "route-" + std::to_string(i)}}, 0);
  const auto begin = std::chrono::steady_clock::now();
  const std::string page = Series(registry);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(std::count(page.begin(), page.end(), '\n') == 100'002);
  // Far above what it takes; a page that is not linear takes minutes.
  CHECK(took < std::chrono::seconds(10));
}

}  // namespace
}  // namespace sp::telemetry
