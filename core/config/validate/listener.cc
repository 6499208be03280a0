// A listener by itself: its references, its filters' names, its access log.

#include <fmt/format.h>

#include <algorithm>

#include "core/config/validate/parts.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

// `P` or `P/F`.
bool IsPluginReference(std::string_view text) {
  return NameFault(text).empty() && std::count(text.begin(), text.end(), '/') <= 1 && text.front() != '/' &&
         text.back() != '/';
}

void CheckFilters(const v1::Listener& listener, const Place& place, Report& report) {
  Names names("filter");
  for (int i = 0; i < listener.filters_size(); ++i) {
    const v1::Filter& filter = listener.filters(i);
    const Place at = place.Index(i);
    if (filter.plugin().empty()) continue;
    if (!IsPluginReference(filter.plugin())) {
      report.Add(at.Field("plugin"), "must be the name of a plugin, or of a filter in one as PLUGIN/FILTER");
    }
    if (filter.name().empty() && names.Find(filter.plugin()) >= 0) {
      report.Add(at, fmt::format("needs a `name`: filter {} is called \"{}\" too", names.Find(filter.plugin()),
                                 filter.plugin()));
    } else {
      names.Add(FilterName(listener, i), i, at.Field("name"), report);
    }
  }
}

void CheckAccessLog(const v1::AccessLog& log, const Place& place, Report& report) {
  if (log.template_().empty()) {
    if (log.format() == v1::AccessLog::TEXT) report.Add(place.Field("template"), "is required for the text format");
  } else if (log.format() == v1::AccessLog::JSON) {
    report.Add(place.Field("template"), "has no place in the JSON format");
  }
}

}  // namespace

std::string_view FilterName(const v1::Listener& listener, int index) {
  const v1::Filter& filter = listener.filters(index);
  return filter.name().empty() ? filter.plugin() : filter.name();
}

void CheckListener(const Scope& scope, const v1::Listener& listener, const Place& place, Report& report) {
  CheckFilters(listener, place.Field("filters"), report);
  if (listener.has_access_log()) CheckAccessLog(listener.access_log(), place.Field("access_log"), report);
  if (!scope.references) return;
  if (!listener.route_table().empty()) {
    scope.route_tables.Check(listener.route_table(), place.Field("route_table"), report);
  }
  const Place policies = place.Field("policies");
  for (int i = 0; i < listener.policies_size(); ++i) {
    scope.policies.Check(listener.policies(i), policies.Index(i), report);
  }
}

void CheckGatewayAccessLog(const v1::Gateway& gateway, const Place& root, Report& report) {
  if (gateway.has_access_log()) CheckAccessLog(gateway.access_log(), root.Field("access_log"), report);
}

}  // namespace sp::config
