#include "core/traffic/host/services.h"

#include "core/plugin_host/host_tables.h"
#include "core/traffic/host/directory.h"
#include "core/traffic/host/worker.h"

namespace sp::host {
namespace {

int64_t SP_CALL Now(const sp_config*) {
  Worker* worker = Worker::Current();
  const TimePoint now = worker != nullptr ? worker->reactor().now() : SystemClock().Now();
  return now.time_since_epoch().count();
}

int64_t SP_CALL NowPrecise(const sp_config*) {
  Worker* worker = Worker::Current();
  return (worker != nullptr ? worker->reactor().clock().Now() : SystemClock().Now()).time_since_epoch().count();
}

int64_t SP_CALL Wall(const sp_config*) {
  Worker* worker = Worker::Current();
  return (worker != nullptr ? worker->reactor().wall() : SystemClock().Wall()).time_since_epoch().count();
}

}  // namespace

const sp_host& Services() {
  static const sp_host services = [] {
    sp_host table{};
    plugin_host::FillServices(&table);
    table.now = Now;
    table.now_precise = NowPrecise;
    table.wall = Wall;
    table.post = RefTable::Post;
    return table;
  }();
  return services;
}

const sp_config_host& ConfigServices() {
  static const sp_config_host services = [] {
    sp_config_host table{};
    plugin_host::FillConfigHost(&Services(), &table);
    return table;
  }();
  return services;
}

}  // namespace sp::host
