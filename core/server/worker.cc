#include "core/server/worker.h"

#include <algorithm>
#include <utility>

#include "core/base/log.h"
#include "core/plugin_host/attribution.h"
#include "core/traffic/downstream/connection.h"

namespace sp::server {

// A snapshot on its way out, destroyed at the end of the turn: its last stream is still on the call stack.
struct Worker::Retired final : net::Disposable {
  Retired(std::unique_ptr<snapshot::WorkerSnapshot> s, std::vector<std::shared_ptr<host::ConfigState>> c, Worker& w)
      : snapshot(std::move(s)), configs(std::move(c)), worker(w) {}
  ~Retired() override {
    for (auto& config : configs) config->DropUse(worker.index_);
    worker.host_.ForgetMetrics();
  }
  std::unique_ptr<snapshot::WorkerSnapshot> snapshot;
  std::vector<std::shared_ptr<host::ConfigState>> configs;
  Worker& worker;
};

Worker::Worker(uint32_t index, const Shared& shared)
    : index_(index),
      shared_(shared),
      loop_(shared.clock),
      connector_(loop_),
      context_(loop_.reactor(), shared.metrics, index),
      host_(loop_.reactor(), shared.metrics, shared.offload, index),
      drain_timer_(
          [](void* self) {
            auto* worker = static_cast<Worker*>(self);
            for (auto& listener : worker->draining_) listener->connections().AbortAll();
          },
          this) {
  loop_.reactor().set_connector(connector_);
  context_.http = &shared.http;
  context_.via = shared.via;
}

Worker::~Worker() { Join(); }

void Worker::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Worker::Stop() { loop_.Stop(); }

void Worker::Join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::Run() {
  host_.MakeCurrent();
  context_.marker = &plugin_host::ThisThread();
  plugin_host::NameThisThread("worker " + std::to_string(index_));
  loop_.Run();
  const uv::Turn turn(loop_);
  Clear();
  loop_.reactor().Shutdown();
}

// Connections first, then what they used.
void Worker::Clear() {
  for (auto* list : {&listeners_, &draining_}) {
    for (auto& listener : *list) listener->connections().AbortAll();
  }
  loop_.reactor().EndTurn();
  for (auto* list : {&listeners_, &draining_}) {
    for (auto& listener : *list) loop_.reactor().Destroy(std::move(listener));
    list->clear();
  }
  if (context_.current != nullptr) {
    context_.current = nullptr;
    snapshots_.back()->Retire([this](auto& unused) { OnSnapshotUnused(unused); });
  }
  pending_.reset();
}

// ----------------------------------------------------------------------------------------------------- snapshots

void Worker::Prepare(std::shared_ptr<const snapshot::Snapshot> snapshot) {
  pending_ = std::make_unique<snapshot::WorkerSnapshot>(snapshot, shared_.metrics, index_);
  const snapshot::WorkerSnapshot* current = context_.current;
  for (uint32_t i = 0; i < snapshot->clusters.size(); ++i) {
    const auto& spec = snapshot->clusters[i];
    if (current != nullptr) {
      const auto before = current->spec().cluster_by_name.find(spec->name);
      if (before != current->spec().cluster_by_name.end() && current->cluster(before->second).shared_spec() == spec) {
        pending_->SetCluster(i, current->shared_cluster(before->second));
        continue;
      }
    }
    pending_->SetCluster(i, std::make_shared<cluster::ClusterState>(spec, shared_.metrics, index_));
  }
}

host::ClusterLookup Worker::PendingClusters() {
  return [this](std::string_view name) -> std::shared_ptr<cluster::ClusterState> {
    const snapshot::WorkerSnapshot* from = pending_ != nullptr ? pending_.get() : context_.current;
    if (from == nullptr) return nullptr;
    const auto found = from->spec().cluster_by_name.find(name);
    return found == from->spec().cluster_by_name.end() ? nullptr : from->shared_cluster(found->second);
  };
}

filter::ChainState Worker::MakeChain(const filter::ChainSpec& chain, const ConfigStates& states) {
  filter::ChainState state;
  for (const filter::FilterSpec& filter : chain.filters) {
    state.filters.push_back(&states.at(filter.config.get())->StateOn(index_));
  }
  return state;
}

void Worker::Publish(const ConfigStates& states, std::map<net::Address, uv::ListenSocket> sockets) {
  auto& used = used_[pending_.get()];
  for (const auto& config : pending_->spec().configs) {
    used.push_back(states.at(config.get()));
    used.back()->AddUse(index_);
    if (&used.back()->home() == &host_) used.back()->UseClusters(PendingClusters());
  }
  for (size_t i = 0; i < pending_->spec().listeners.size(); ++i) {
    pending_->SetChain(i, MakeChain(pending_->spec().listeners[i]->chain, states));
  }
  snapshot::WorkerSnapshot* before = context_.current;
  snapshots_.push_back(std::move(pending_));
  context_.current = snapshots_.back().get();
  UpdateListeners(std::move(sockets));
  if (before != nullptr) before->Retire([this](auto& unused) { OnSnapshotUnused(unused); });
}

void Worker::OnSnapshotUnused(snapshot::WorkerSnapshot& unused) {
  const auto found = std::find_if(snapshots_.begin(), snapshots_.end(), [&](auto& s) { return s.get() == &unused; });
  auto configs = std::move(used_[&unused]);
  used_.erase(&unused);
  loop_.reactor().Destroy(std::make_unique<Retired>(std::move(*found), std::move(configs), *this));
  snapshots_.erase(found);
}

// ----------------------------------------------------------------------------------------------------- listeners

void Worker::UpdateListeners(std::map<net::Address, uv::ListenSocket> sockets) {
  std::vector<std::unique_ptr<Listener>> before = std::move(listeners_);
  listeners_.clear();
  const auto& specs = context_.current->spec().listeners;
  for (size_t i = 0; i < specs.size(); ++i) {
    const auto& spec = specs[i];
    const auto kept = std::find_if(before.begin(), before.end(), [&](const auto& listener) {
      return listener != nullptr && listener->address() == spec->address;
    });
    if (kept != before.end()) {
      listeners_.push_back(std::move(*kept));
    } else {
      listeners_.push_back(std::make_unique<Listener>(loop_, context_, *spec, std::move(sockets.at(spec->address))));
    }
    Listener& listener = *listeners_.back();
    listener.connections().Use(spec, i, shared_.sinks ? shared_.sinks(spec->access_log, index_) : nullptr);
    const size_t limit = spec->max_connections == 0 ? shared_.max_connections
                                                    : (spec->max_connections + shared_.workers - 1) / shared_.workers;
    listener.SetLimit(std::max<size_t>(limit, 1));
  }
  for (auto& listener : before) {
    if (listener != nullptr) DrainListener(std::move(listener));
  }
}

void Worker::DrainListener(std::unique_ptr<Listener> listener) {
  Listener* draining = listener.get();
  draining_.push_back(std::move(listener));
  if (!drain_timer_.pending()) {
    loop_.reactor().timers().Start(drain_timer_, loop_.reactor().now() + shared_.drain_timeout);
  }
  draining->Drain([this, draining] { ForgetDraining(draining); });
}

void Worker::ForgetDraining(Listener* listener) {
  const auto found = std::find_if(draining_.begin(), draining_.end(), [&](auto& l) { return l.get() == listener; });
  if (found == draining_.end()) return;
  loop_.reactor().Destroy(std::move(*found));
  draining_.erase(found);
  CheckDrained();
}

void Worker::CheckDrained() {
  if (!draining_.empty()) return;
  drain_timer_.Cancel();
  if (on_drained_ && listeners_.empty()) std::exchange(on_drained_, nullptr)();
}

void Worker::Drain(std::function<void()> done) {
  on_drained_ = std::move(done);
  std::vector<std::unique_ptr<Listener>> all = std::move(listeners_);
  listeners_.clear();
  for (auto& listener : all) DrainListener(std::move(listener));
  CheckDrained();
}

}  // namespace sp::server
