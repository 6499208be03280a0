// sallyport/sdk.hpp - writing a filter in C++20.
//
//   #include <sallyport/sdk.hpp>
//   using namespace sallyport;
//   struct Stamp : StatelessHttpFilter {
//     struct Config {
//       std::string_view name, value;
//       explicit Config(const Json& j) : name(j.at("name").str()), value(j.at("value").str("1")) {}
//     };
//     Result on_request(Request& r, const Config& c) { r.headers.set(c.name, c.value); return Continue; }
//   };
//   SALLYPORT_PLUGIN("stamp", "1.0.0", Stamp);
//
// Read in this order:
//   sdk/filter.hpp      what a filter class may have: hooks, Config, Worker
//   sdk/json.hpp        reading the configuration; references, metrics, metadata, reasons
//   sdk/exchange.hpp    Request and Response: what a hook can do (with message.hpp: headers and body)
//   sdk/background.hpp  work of a config without a stream: fetch, refresh, publish
//   sdk/store.hpp       counters and bytes shared by all workers
//   sdk/plugin.hpp      the entry
// The SDK is these headers alone: it catches what a filter throws (the filter has then failed: 500, or open where the
// configuration says so), allocates nothing for a hook that does nothing, and calls only what <sallyport/*.h> defines.
// Not included, for filters that need them: sdk/cidr_set.hpp, sdk/text_template.hpp, sdk/text_matcher.hpp (needs RE2),
// sdk/base64url.hpp.
#pragma once

#include <sallyport/sdk/plugin.hpp>
