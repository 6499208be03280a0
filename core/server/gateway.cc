#include "core/server/gateway.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/log.h"
#include "core/base/random.h"
#include "core/config/apply/applier.h"
#include "core/config/apply/last_good.h"
#include "core/config/defaults.h"
#include "core/config/render.h"
#include "core/config/source/file/load.h"
#include "core/net/uv/files.h"
#include "core/net/uv/signals.h"
#include "core/operate/admin/server.h"
#include "core/operate/telemetry/access_log.h"
#include "core/plugin_host/crash.h"
#include "core/plugin_host/watchdog.h"
#include "core/server/access_log_check.h"
#include "core/server/hand_over.h"
#include "core/server/version.h"
#include "core/traffic/host/services.h"
#include "core/traffic/host/stream_table.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::server {

namespace v1 = ::sallyport::v1;

namespace {

// What descriptors leave for the connections of one listener: half of them are the upstreams', some are files'.
size_t RaiseFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto files = static_cast<size_t>(limit.rlim_cur);
  const size_t reserve = std::min<size_t>(files / 4, 256);
  return std::max<size_t>((files - reserve) / 2, 1);
}

uint32_t CpusOfProcess() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::max(1u, std::thread::hardware_concurrency());
  return static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
}

void UseLogSettings(const v1::Gateway& gateway) {
  switch (gateway.log().level()) {
    case v1::Log::TRACE:
      return SetLogLevel(LogLevel::kTrace);
    case v1::Log::DEBUG:
      return SetLogLevel(LogLevel::kDebug);
    case v1::Log::WARN:
      return SetLogLevel(LogLevel::kWarn);
    case v1::Log::ERROR:
      return SetLogLevel(LogLevel::kError);
    default:
      return SetLogLevel(LogLevel::kInfo);
  }
}

// Everything that can be said of a file without compiling it.
std::vector<file::LocatedError> CheckFile(const file::LoadResult& loaded) {
  auto errors = file::Check(loaded);
  for (auto& error : file::Locate(loaded.positions, CheckAccessLogs(*loaded.gateway))) {
    errors.push_back(std::move(error));
  }
  return errors;
}

// Inline keys and passwords in plugin configs are not for /config to show.
bool IsSecret(std::string_view path) {
  if (path.find(".config") == std::string_view::npos) return false;
  const std::string_view name = path.substr(path.rfind('.') + 1);
  for (const std::string_view secret : {"inline", "k", "key", "secret", "client_secret", "private_key", "password"}) {
    if (name == secret) return true;
  }
  return false;
}

class Gateway {
 public:
  explicit Gateway(const RunOptions& options)
      : options_(options),
        loop_(clock_),
        housekeeping_([](void* self) { static_cast<Gateway*>(self)->KeepHouse(); }, this) {}

  int Run();

 private:
  bool LoadFirst();
  bool LoadLastGood();
  void StartWorkers();
  bool ApplyFirst();
  bool OpenAdmin();
  void Watch();
  void Reload(std::string_view cause);
  void KeepHouse();
  void OnTerminate();
  void End();
  void Report(const FieldErrors& errors) const;
  admin::AdminSources Sources();

  const RunOptions options_;
  SystemClock clock_;
  MetricRegistry metrics_;
  uv::Loop loop_;
  std::optional<file::LoadResult> loaded_;
  std::shared_ptr<const v1::Gateway> first_;
  std::string folder_;
  size_t max_connections_ = 0;
  std::optional<host::OffloadPool> offload_;
  std::optional<Worker::Shared> shared_;
  std::unique_ptr<telemetry::AccessLogs> access_logs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  store::Store store_;
  std::optional<plugin_host::Watchdog> watchdog_;
  // Config thread:
  std::unique_ptr<ConfigThread> config_thread_;
  std::unique_ptr<plugin_host::Plugins> plugins_;
  std::unique_ptr<plugin_host::ConfigCache> configs_;
  std::unique_ptr<config::Compiler> compiler_;
  std::unique_ptr<HandOver> hand_over_;
  std::unique_ptr<config::Applier> applier_;
  // Main thread:
  std::unique_ptr<admin::Server> admin_;
  std::unique_ptr<admin::Server> probes_;
  std::vector<std::unique_ptr<uv::SignalWatcher>> signals_;
  std::unique_ptr<uv::FileWatcher> file_watcher_;
  Timer housekeeping_;
  std::atomic<bool> ready_{false};
  bool draining_ = false;
  size_t workers_draining_ = 0;
};

// --------------------------------------------------------------------------------------------------------- start

bool Gateway::LoadFirst() {
  if (options_.inline_config != nullptr) {
    first_ = options_.inline_config;
    folder_ = "/";
    return true;
  }
  loaded_ = file::LoadFile(options_.file);
  const auto errors = CheckFile(*loaded_);
  if (!errors.empty()) {
    fmt::print(stderr, "{}", file::RenderErrors(options_.file, errors));
    return options_.last_good && LoadLastGood();
  }
  first_ = std::shared_ptr<const v1::Gateway>(std::move(loaded_->gateway));
  folder_ = loaded_->folder;
  return true;
}

// The state directory is that of the refused file, which is why the file must at least be readable.
bool Gateway::LoadLastGood() {
  const std::string& state_dir = loaded_->gateway->state_dir();
  if (state_dir.empty()) {
    SP_LOG(kError, "--last-good: {} names no state_dir", options_.file);
    return false;
  }
  const std::string path = state_dir.starts_with('/') ? state_dir : loaded_->folder + "/" + state_dir;
  const auto last = config::ReadLastGood(path);
  if (!last) {
    SP_LOG(kError, "--last-good: nothing is kept in {}", path);
    return false;
  }
  auto loaded = file::Load(last->text, "last_good.yaml");
  if (!file::Check(loaded).empty()) {
    SP_LOG(kError, "--last-good: what is kept in {} is refused too", path);
    return false;
  }
  SP_LOG(kWarn, "serving the last good configuration, kept in {}", path);
  first_ = std::shared_ptr<const v1::Gateway>(std::move(loaded.gateway));
  folder_ = last->folder;
  return true;
}

void Gateway::StartWorkers() {
  const uint32_t count = first_->workers() > 0 ? first_->workers() : CpusOfProcess();
  offload_.emplace(2);
  access_logs_ = std::make_unique<telemetry::AccessLogs>(count, metrics_);
  shared_.emplace(
      Worker::Shared{clock_, metrics_, *offload_, host::StreamTable(&host::Services()),
                     [this](const auto& spec, uint32_t worker) { return access_logs_->SinkFor(spec, worker); },
                     std::max<size_t>(max_connections_ / count, 1), count,
                     config::DurationOf(*first_, v1::Gateway::kDrainTimeoutFieldNumber),
                     fmt::format("1.1 sallyport-{:08x}", static_cast<uint32_t>(Random::FromSystem().Next()))});
  for (uint32_t i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(i, *shared_));
  for (auto& worker : workers_) worker->Start();
}

bool Gateway::ApplyFirst() {
  config_thread_ = std::make_unique<ConfigThread>();
  config::ApplyResult result;
  config_thread_->RunAndWait([&] {
    plugin_host::PluginsOptions plugins;
    plugins.directories = {options_.plugin_dir.empty() ? StandardPluginFolder() : options_.plugin_dir};
    plugins.host = &host::Services();
    plugins.wake = [this] { config_thread_->Post([this] { plugins_->Release(); }); };
    plugins_ = std::make_unique<plugin_host::Plugins>(std::move(plugins));
    configs_ = std::make_unique<plugin_host::ConfigCache>(&host::ConfigServices(), plugins_->undertaker());
    compiler_ = std::make_unique<config::Compiler>(*plugins_, *configs_, static_cast<uint32_t>(workers_.size()));
    hand_over_ = std::make_unique<HandOver>(workers_, *config_thread_, store_);
    applier_ = std::make_unique<config::Applier>(*compiler_, *plugins_, *configs_, *hand_over_);
    result = applier_->Apply(*first_, folder_);
  });
  Report(result.errors);
  return result.ok();
}

void Gateway::Report(const FieldErrors& errors) const {
  if (errors.empty()) return;
  if (loaded_) {
    fmt::print(stderr, "{}", file::RenderErrors(options_.file, file::Locate(loaded_->positions, errors)));
    return;
  }
  for (const FieldError& error : errors) fmt::print(stderr, "{}\n", error.ToString());
}

admin::AdminSources Gateway::Sources() {
  admin::AdminSources sources;
  sources.ready = [this] {
    if (draining_) return admin::ReadyState{false, "draining"};
    return admin::ReadyState{ready_.load(), "starting"};
  };
  sources.config = [this](bool json) {
    const auto running = applier_->running();
    const config::RenderOptions render{.secrets = false, .is_secret = IsSecret};
    return json ? config::RenderJson(*running, render) : config::RenderYaml(*running, render);
  };
  sources.version = [this] {
    return fmt::format("{{\"version\":\"{}\",\"config_version\":{}}}\n", kVersion, applier_->version());
  };
  sources.metrics = &metrics_;
  return sources;
}

bool Gateway::OpenAdmin() {
  const auto open = [this](const std::string& text, bool probes_only, std::unique_ptr<admin::Server>* to) {
    if (text.empty()) return true;
    std::string error = "only IP addresses are supported";
    const auto address = net::Address::Parse(text);
    if (address) *to = admin::Server::Open(loop_, *address, probes_only, Sources(), &error);
    if (*to == nullptr) SP_LOG(kError, "admin: {}", error);
    return *to != nullptr;
  };
  return open(first_->admin().address(), false, &admin_) && open(first_->admin().probes(), true, &probes_);
}

// ------------------------------------------------------------------------------------------------------ at run time

void Gateway::Watch() {
  const auto on = [this](int number, std::function<void()> act) {
    signals_.push_back(std::make_unique<uv::SignalWatcher>(loop_, number, std::move(act)));
  };
  on(SIGTERM, [this] { OnTerminate(); });
  on(SIGINT, [this] { OnTerminate(); });
  on(SIGUSR1, [this] { access_logs_->Reopen(); });
  on(SIGHUP, [this] { Reload("SIGHUP"); });
  if (options_.file.empty() || options_.file == "-") return;
  file_watcher_ = std::make_unique<uv::FileWatcher>(loop_, options_.file, [this] { Reload("a change of the file"); });
}

// Read and applied on the config thread; traffic goes on meanwhile, on what runs.
void Gateway::Reload(std::string_view cause) {
  if (draining_ || options_.file.empty()) return;
  config_thread_->Post([this, cause = std::string(cause)] {
    file::LoadResult loaded = file::LoadFile(options_.file);
    auto errors = CheckFile(loaded);
    config::ApplyResult result;
    if (errors.empty()) {
      result = applier_->Apply(*loaded.gateway, loaded.folder);
      errors = file::Locate(loaded.positions, result.errors);
    }
    if (!errors.empty()) {
      fmt::print(stderr, "{}", file::RenderErrors(options_.file, errors));
      SP_LOG(kError, "{}: refused, version {} goes on serving", cause, applier_->version());
      return;
    }
    UseLogSettings(*loaded.gateway);
    SP_LOG(kInfo, "{}: version {} serves{}", cause, result.version, result.late.empty() ? "" : "; " + result.late);
  });
}

// Counters and blobs of plugins that have had their time.
void Gateway::KeepHouse() {
  store_.Sweep(loop_.reactor().now());
  loop_.reactor().timers().Start(housekeeping_, loop_.reactor().now() + std::chrono::seconds(10));
}

void Gateway::OnTerminate() {
  if (draining_) {
    SP_LOG(kWarn, "ending at once");
    return loop_.Stop();
  }
  draining_ = true;
  workers_draining_ = workers_.size();
  SP_LOG(kInfo, "draining");
  for (auto& worker : workers_) {
    worker->Post([this, worker = worker.get()] {
      worker->Drain([this] {
        loop_.reactor().Post([this] {
          if (--workers_draining_ == 0) loop_.Stop();
        });
      });
    });
  }
}

// From the outside in, each part on its own thread.
void Gateway::End() {
  signals_.clear();
  file_watcher_.reset();
  housekeeping_.Cancel();
  if (config_thread_ != nullptr) {
    config_thread_->RunAndWait([this] {
      if (hand_over_ != nullptr) hand_over_->Shutdown();
    });
  }
  for (auto& worker : workers_) worker->Stop();
  for (auto& worker : workers_) worker->Join();
  if (config_thread_ != nullptr) {
    config_thread_->RunAndWait([this] {
      applier_.reset();
      hand_over_.reset();
      compiler_.reset();
      configs_.reset();
      if (plugins_ != nullptr) plugins_->Release();
    });
    config_thread_->RunAndWait([this] {
      if (plugins_ != nullptr) plugins_->Release();
      plugins_.reset();
    });
    config_thread_.reset();
  }
  offload_.reset();
  admin_.reset();
  probes_.reset();
  workers_.clear();
  access_logs_.reset();
}

int Gateway::Run() {
  max_connections_ = RaiseFileLimit();
  if (!LoadFirst()) return 1;
  UseLogSettings(*first_);
  if (first_->log().format() == v1::Log::JSON) SetLogFormat(LogFormat::kJson);
  plugin_host::InstallCrashHandler();
  watchdog_.emplace();
  StartWorkers();
  const bool serves = ApplyFirst() && OpenAdmin();
  if (serves) {
    ready_ = true;
    for (const auto& listener : first_->listeners()) {
      SP_LOG(kInfo, "listener {} on {}", listener.name(), listener.address());
    }
    if (!first_->admin().address().empty()) SP_LOG(kInfo, "admin on http://{}", first_->admin().address());
    Watch();
    KeepHouse();
    loop_.Run();
  }
  const uv::Turn turn(loop_);
  End();
  if (serves) SP_LOG(kInfo, "ended");
  return serves ? 0 : 1;
}

}  // namespace

std::string StandardPluginFolder() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  std::string exe(path, length > 0 ? static_cast<size_t>(length) : 0);
  exe = exe.substr(0, exe.rfind('/'));  // …/bin
  return exe.substr(0, exe.rfind('/')) + "/lib/sallyport/plugins";
}

int Run(const RunOptions& options) { return Gateway(options).Run(); }

}  // namespace sp::server
