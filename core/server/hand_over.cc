#include "core/server/hand_over.h"

#include <algorithm>
#include <utility>

#include "core/base/log.h"
#include "core/base/units.h"
#include "core/traffic/upstream/call_out.h"

namespace sp::server {
namespace {

constexpr Duration kAcknowledgeLimit = std::chrono::seconds(10);

// What one round over all workers waits for. Shared, since a late worker may report after the round is over.
struct Round {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<bool> done;
};

}  // namespace

HandOver::HandOver(std::vector<std::unique_ptr<Worker>>& workers, ConfigThread& config_thread, store::Store& store)
    : workers_(workers), config_thread_(config_thread), store_(store) {}

HandOver::~HandOver() = default;

bool HandOver::OnAllWorkers(std::function<void(Worker&)> work, Duration limit, std::string* late) {
  auto round = std::make_shared<Round>();
  round->done.resize(workers_.size());
  for (auto& worker : workers_) {
    worker->Post([work, round, worker = worker.get()] {
      work(*worker);
      const std::lock_guard lock(round->mutex);
      round->done[worker->index()] = true;
      round->changed.notify_all();
    });
  }
  std::unique_lock lock(round->mutex);
  const auto all = [&] { return std::find(round->done.begin(), round->done.end(), false) == round->done.end(); };
  if (round->changed.wait_for(lock, limit, all)) return true;
  for (size_t i = 0; i < round->done.size(); ++i) {
    if (!round->done[i]) *late += (late->empty() ? "worker " : ", worker ") + std::to_string(i);
  }
  return false;
}

// -------------------------------------------------------------------------------------------------------- prepare

FieldErrors HandOver::Prepare(std::shared_ptr<const snapshot::Snapshot> snapshot) {
  FieldErrors errors;
  pending_ = std::move(snapshot);
  OpenSockets(&errors);
  std::string late;
  if (errors.empty() &&
      !OnAllWorkers([snapshot = pending_](Worker& worker) { worker.Prepare(snapshot); }, kAcknowledgeLimit, &late)) {
    errors.push_back({"", "not prepared in time by " + late, {}});
  }
  if (errors.empty()) StartConfigs(&errors);
  if (errors.empty()) AwaitReady(&errors);
  if (!errors.empty()) Abandon();
  return errors;
}

// One socket per worker for every address that isn't listened on yet.
void HandOver::OpenSockets(FieldErrors* errors) {
  sockets_.clear();
  sockets_.resize(workers_.size());
  for (size_t i = 0; i < pending_->listeners.size(); ++i) {
    const net::Address& address = pending_->listeners[i]->address;
    const auto same = [&](const auto& listener) { return listener->address == address; };
    if (current_ != nullptr && std::any_of(current_->listeners.begin(), current_->listeners.end(), same)) continue;
    // Two of our own may overlap for a while: `:8080` on its way out, `127.0.0.1:8080` on its way in.
    const auto same_port = [&](const auto& listener) { return listener->address.port() == address.port(); };
    uv::ListenOptions options;
    options.share =
        current_ != nullptr && std::any_of(current_->listeners.begin(), current_->listeners.end(), same_port);
    uv::ListenError error;
    auto opened = uv::OpenListenSockets(address, workers_.size(), options, &error);
    if (opened.empty()) {
      errors->push_back({FieldPath("listeners").Index(i).Field("address").str(), error.message, {}});
      continue;
    }
    for (size_t w = 0; w < workers_.size(); ++w) sockets_[w].emplace(address, std::move(opened[w]));
  }
}

void HandOver::StartConfigs(FieldErrors* errors) {
  std::vector<host::Worker*> hosts;
  for (auto& worker : workers_) hosts.push_back(&worker->host());
  std::vector<std::shared_ptr<host::ConfigState>> fresh;
  for (const auto& config : pending_->configs) {
    if (states_.contains(config.get())) continue;
    const size_t home = next_home_++ % workers_.size();
    auto state = std::make_shared<host::ConfigState>(
        config, hosts, home, store_.Open(config->object()->plugin, config->object()->filter), &upstream::Call);
    state->set_on_ready([this] {
      const std::lock_guard lock(ready_mutex_);
      ready_changed_.notify_all();
    });
    state->set_on_unused(
        [this, key = config.get()](host::ConfigState&) { config_thread_.Post([this, key] { OnUnused(key); }); });
    states_.emplace(config.get(), state);
    fresh.push_back(std::move(state));
  }
  started_ = fresh;
  auto statuses = std::make_shared<std::vector<sp_status>>(fresh.size(), SP_OK);
  std::string late;
  const auto start = [fresh, statuses](Worker& worker) {
    for (size_t i = 0; i < fresh.size(); ++i) {
      if (&fresh[i]->home() == &worker.host()) (*statuses)[i] = fresh[i]->Start(worker.PendingClusters());
    }
  };
  if (!OnAllWorkers(start, kAcknowledgeLimit, &late))
    errors->push_back({"", "filters not started in time by " + late, {}});
  for (size_t i = 0; i < fresh.size(); ++i) {
    if ((*statuses)[i] == SP_OK) continue;
    const sp_config& object = *fresh[i]->config().object();
    errors->push_back({object.at.str(), "the plugin " + object.plugin + " failed to start this filter", {}});
  }
}

void HandOver::AwaitReady(FieldErrors* errors) {
  const SystemClock clock;
  const TimePoint start = clock.Now();
  for (const auto& [config, limit] : pending_->must_be_ready) {
    const auto& state = states_.at(config);
    std::unique_lock lock(ready_mutex_);
    const Duration left = std::max(limit - (clock.Now() - start), Duration(0));
    if (ready_changed_.wait_for(lock, left, [&] { return state->ready(); })) continue;
    errors->push_back({config->object()->at.str(), "the filter was not ready within " + FormatDuration(limit), {}});
  }
}

void HandOver::Abandon() {
  std::string late;
  (void)OnAllWorkers([](Worker& worker) { worker.DiscardPending(); }, kAcknowledgeLimit, &late);
  for (auto& state : started_) StopConfig(std::move(state));
  started_.clear();
  sockets_.clear();
  pending_.reset();
}

// -------------------------------------------------------------------------------------------------------- publish

std::string HandOver::Publish() {
  auto states = std::make_shared<ConfigStates>();
  for (const auto& config : pending_->configs) states->emplace(config.get(), states_.at(config.get()));
  auto sockets = std::make_shared<Sockets>(std::move(sockets_));
  std::string late;
  (void)OnAllWorkers(
      [states, sockets](Worker& worker) { worker.Publish(*states, std::move((*sockets)[worker.index()])); },
      kAcknowledgeLimit, &late);
  current_ = std::move(pending_);
  started_.clear();
  return late.empty() ? std::string() : "not yet running on " + late;
}

// No worker uses the config any more. It stays if it serves again by now.
void HandOver::OnUnused(const plugin_host::FilterConfig* config) {
  const auto found = states_.find(config);
  if (found == states_.end()) return;
  for (const auto& snapshot : {current_, pending_}) {
    if (snapshot == nullptr) continue;
    const auto& used = snapshot->configs;
    if (std::any_of(used.begin(), used.end(), [&](const auto& c) { return c.get() == config; })) return;
  }
  StopConfig(found->second);
}

// Stops it on its home worker, then lets it go here.
void HandOver::StopConfig(std::shared_ptr<host::ConfigState> state) {
  state->config().Retire();
  states_.erase(&state->config());
  for (auto& worker : workers_) {
    if (&worker->host() != &state->home()) continue;
    auto held = std::make_shared<std::shared_ptr<host::ConfigState>>(std::move(state));
    worker->Post([this, held] {
      (*held)->Stop();
      config_thread_.Post([held] { held->reset(); });
    });
    return;
  }
}

void HandOver::Shutdown() {
  std::string late;
  (void)OnAllWorkers([](Worker& worker) { worker.Clear(); }, kAcknowledgeLimit, &late);
  std::vector<std::shared_ptr<host::ConfigState>> states;
  for (const auto& [config, state] : states_) states.push_back(state);
  (void)OnAllWorkers(
      [states](Worker& worker) {
        for (const auto& state : states) {
          if (&state->home() == &worker.host()) state->Stop();
        }
      },
      kAcknowledgeLimit, &late);
  if (!late.empty()) SP_LOG(kWarn, "not stopped in time: {}", late);
  states.clear();
  states_.clear();
  started_.clear();
  current_.reset();
  pending_.reset();
}

}  // namespace sp::server
