// ToText: an explanation as columns.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/units.h"
#include "core/traffic/explanation.h"

namespace sp::traffic {

namespace {

constexpr size_t kPassedShown = 10;   // of the routes of other hosts and paths
constexpr size_t kConfigShown = 160;  // bytes

// Rows of cells, each column as wide as its widest cell; the last one is free.
class Columns {
 public:
  explicit Columns(size_t indent) : indent_(indent) {}
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // Stands on a line of its own between the rows.
  void AddLine(std::string line) { rows_.push_back({std::move(line)}); }

  std::string Text() const {
    std::vector<size_t> widths;
    for (const auto& row : rows_) {
      for (size_t i = 0; i + 1 < row.size(); ++i) {
        if (i == widths.size()) widths.push_back(0);
        widths[i] = std::max(widths[i], row[i].size());
      }
    }
    std::string text;
    for (const auto& row : rows_) {
      std::string line(indent_, ' ');
      for (size_t i = 0; i + 1 < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
      line += row.back();
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
    return text;
  }

 private:
  size_t indent_;
  std::vector<std::vector<std::string>> rows_;
};

// Nothing of what a request or a config says may move the terminal's cursor.
std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += c == '\n' ? "\\n" : fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string Cut(std::string_view text, bool all) {
  if (all || text.size() <= kConfigShown) return Printable(text);
  size_t end = kConfigShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return fmt::format("{} … ({} bytes; --all shows them)", Printable(text.substr(0, end)), text.size());
}

std::string Percent(double share) { return fmt::format("{:.4g}%", share * 100); }

std::string PlaceText(const ExplainedPlace& place) { return fmt::format("{}[{}]", place.table, place.index); }

std::string NamedPlace(const ExplainedPlace& place) {
  return place.name.empty() ? PlaceText(place) : fmt::format("{} ({})", place.name, PlaceText(place));
}

std::string RefusalText(const Explanation& e) {
  const ReasonInfo& info = InfoOf(e.refusal);
  return fmt::format("{} {}: {}{}{}", info.status, info.token, info.title, e.refusal_detail.empty() ? "" : "; ",
                     e.refusal_detail);
}

// ---------------------------------------------------------------------------------------------------------- sections

std::string RequestText(const Explanation& e) {
  const ExplainedRequest& r = e.request;
  Columns columns(0);
  const std::string query = r.has_query ? "?" + r.query : "";
  columns.Add({"request", Printable(fmt::format("{} {}://{}{}{}", r.method, r.scheme, r.authority, r.path, query))});
  columns.Add(
      {"client", r.client == r.peer ? r.client : fmt::format("{}, says {}, a trusted proxy", r.client, r.peer)});
  columns.Add({"listener", fmt::format("{}, {}", e.listener, e.address)});
  for (const std::string& note : e.notes) columns.Add({"note", note});
  if (e.refusal != Reason::kNone && e.steps.empty()) columns.Add({"refused", RefusalText(e)});
  return columns.Text();
}

bool IsPassed(const ExplainedStep& step) { return step.verdict == "host" || step.verdict == "path"; }

std::string Why(const ExplainedStep& step) {
  if (step.verdict == "match") return {};
  if (step.verdict == "enter") return fmt::format("its conditions hold: the routes of table {}", step.wanted);
  if (step.verdict == "leave") return fmt::format("no route of table {} matched", step.wanted);
  if (step.has.empty()) return "wants " + step.wanted;
  return fmt::format("wants {}, has {}", step.wanted, step.has);
}

std::string StepsText(const Explanation& e, bool all) {
  if (e.steps.empty()) return {};
  auto passed = static_cast<size_t>(std::count_if(e.steps.begin(), e.steps.end(), IsPassed));
  size_t left_out = all || passed <= kPassedShown ? 0 : passed - kPassedShown;
  const std::string head =
      left_out == 0
          ? "\nroutes, in order\n"
          : fmt::format("\nroutes, in order; {} more of another host or path came before (--all shows them)\n",
                        left_out);
  Columns columns(2);
  for (const ExplainedStep& step : e.steps) {
    if (IsPassed(step) && left_out > 0) {
      --left_out;
      continue;
    }
    const std::string place = std::string(step.depth * 2, ' ') + PlaceText(step.place);
    columns.Add({place, step.place.name, step.verdict, Printable(Why(step))});
  }
  return head + columns.Text();
}

std::string RouteText(const Explanation& e) {
  if (!e.route) return e.steps.empty() ? "" : fmt::format("\nroute     none: {}\n", RefusalText(e));
  std::string way;
  for (const auto& delegation : e.route->delegations) way += NamedPlace(delegation) + " > ";
  std::string text = fmt::format("\nroute     {}{}\n", way, NamedPlace(e.route->place));
  Columns params(2);
  for (const auto& [name, value] : e.route->params) params.Add({fmt::format("{{{}}}", name), Printable(value)});
  return text + params.Text();
}

std::string FilterText(const ExplainedFilter& filter, bool all) {
  const std::string plugin = filter.filter == filter.plugin || filter.filter.empty()
                                 ? filter.plugin
                                 : fmt::format("{}/{}", filter.plugin, filter.filter);
  Columns lines(4);
  if (filter.disabled_by.empty()) {
    lines.Add({"config", Cut(filter.config, all)});
    for (const std::string& config : filter.route_configs) lines.Add({"over it", Cut(config, all)});
  }
  const std::string state = filter.disabled_by.empty() ? fmt::format("fails {}", filter.fail_open ? "open" : "closed")
                                                       : fmt::format("disabled by the {}", filter.disabled_by);
  return fmt::format("  {}: {} {}, {}\n{}", filter.name, plugin, filter.version, state, lines.Text());
}

std::string FiltersText(const Explanation& e, bool all) {
  if (e.filters.empty()) return {};
  std::string text = "\nfilters, as the request meets them; what they would do is not known here\n";
  for (const ExplainedFilter& filter : e.filters) text += FilterText(filter, all);
  return text;
}

std::string ClusterText(const ExplainedCluster& cluster) {
  if (!cluster.exists) {
    return fmt::format("  cluster {}  {}  does not exist: {} {}\n", cluster.name, Percent(cluster.share),
                       cluster.missing_status, TokenOf(Reason::kRouteNoCluster));
  }
  std::string text = fmt::format("  cluster {}  {}  {}, connects within {}\n", cluster.name, Percent(cluster.share),
                                 cluster.policy, FormatDuration(cluster.connect_timeout));
  Columns columns(4);
  for (const auto& endpoint : cluster.endpoints) {
    columns.Add({endpoint.name, fmt::format("weight {}", endpoint.weight), Percent(endpoint.share)});
  }
  if (cluster.endpoints.empty())
    columns.AddLine(fmt::format("no endpoint: 503 {}", TokenOf(Reason::kUpstreamNoEndpoint)));
  for (const auto& op : cluster.request_headers) columns.AddLine("request  " + Printable(op));
  for (const auto& op : cluster.response_headers) columns.AddLine("response  " + Printable(op));
  return text + columns.Text();
}

void AddForward(const Explanation& e, const ExplainedAction& action, Columns& columns) {
  const std::string before = e.request.path + (e.request.has_query ? "?" + e.request.query : "");
  if (!action.path.empty()) {
    const std::string was = action.path == before ? "" : fmt::format(", rewritten from {}", before);
    columns.Add({"path", Printable(action.path + was)});
  }
  const bool same = action.authority == e.request.authority;
  columns.Add({"host", Printable(action.authority + (same ? "" : ", rewritten from " + e.request.authority))});
  columns.Add({"timeout", fmt::format("{} in all, {} without a byte",
                                      action.timeout ? FormatDuration(*action.timeout) : std::string("no limit"),
                                      FormatDuration(action.idle_timeout))});
}

std::string ActionText(const Explanation& e, bool all) {
  if (!e.action) return {};
  const ExplainedAction& action = *e.action;
  std::string text = "\naction    ";
  Columns columns(2);
  switch (action.kind) {
    case ExplainedAction::Kind::kForward:
      text += action.clusters.size() == 1 ? "forward\n" : "forward, to one of several clusters\n";
      AddForward(e, action, columns);
      break;
    case ExplainedAction::Kind::kRedirect:
      text += fmt::format("redirect, {}\n", action.status);
      if (!action.location.empty()) columns.Add({"location", action.location});
      break;
    case ExplainedAction::Kind::kRespond:
      text += fmt::format("answer, {}\n", action.status);
      if (!action.content_type.empty()) columns.Add({"type", action.content_type});
      if (!action.body.empty()) columns.Add({"body", Cut(action.body, all)});
      break;
  }
  for (const auto& op : action.request_headers) columns.Add({"request", Printable(op)});
  for (const auto& op : action.response_headers) columns.Add({"response", Printable(op)});
  if (e.refusal != Reason::kNone) columns.Add({"refused", RefusalText(e)});
  text += columns.Text();
  for (const auto& cluster : action.clusters) text += ClusterText(cluster);
  return text;
}

}  // namespace

std::string ToText(const Explanation& explanation, bool all) {
  return RequestText(explanation) + StepsText(explanation, all) + RouteText(explanation) +
         FiltersText(explanation, all) + ActionText(explanation, all);
}

}  // namespace sp::traffic
