#include "core/operate/telemetry/access_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/operate/telemetry/record_sample.h"
#include "core/operate/telemetry/ring.h"
#include "test/support/catch.h"

namespace sp::telemetry {
namespace {

using snapshot::AccessLogSpec;
namespace fs = std::filesystem;

struct Folder {
  Folder() {
    std::string name = "/tmp/sallyport-log-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::string File(const char* name) const { return path / name; }
  fs::path path;
};

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<const AccessLogSpec> TextSpec(const std::string& path, const std::string& text) {
  return std::make_shared<AccessLogSpec>(AccessLogSpec{path, AccessLogSpec::Format::kText, text});
}

int64_t Metric(const MetricRegistry& registry, std::string_view name) {
  int64_t value = 0;
  registry.Visit([&](const MetricRegistry::Sample& sample) {
    if (sample.series->name == name) value += sample.value;
  });
  return value;
}

void Log(downstream::StreamRecordSink* sink, RecordSample& sample, uint64_t id) {
  sample.record.connection_id = id;
  sink->OnStreamEnd(sample.record);
}

TEST_CASE("a ring gives back what was put in, over its end, and refuses what has no room") {
  Ring ring;
  CHECK(ring.Peek().size() == 0);
  const std::string line(1000, 'a');
  size_t in = 0;
  while (ring.Push(line)) ++in;
  CHECK(in == Ring::kBytes / 1000);
  CHECK(ring.WantsWriter());
  CHECK_FALSE(ring.WantsWriter());
  CHECK(ring.Peek().size() == in * 1000);
  CHECK(ring.WantsWriter());
  ring.Pop(in * 1000);
  CHECK_FALSE(ring.WantsWriter());
  std::string wrapped;
  for (int i = 0; i < 1000; ++i) wrapped += static_cast<char>('a' + i % 26);
  REQUIRE(ring.Push(wrapped));
  const Ring::Parts parts = ring.Peek();
  CHECK(parts.first.size() == Ring::kBytes % 1000);
  CHECK(std::string(parts.first) + std::string(parts.second) == wrapped);
}

TEST_CASE("no spec, no sink; equal specs, one sink per worker") {
  Folder folder;
  MetricRegistry registry;
  AccessLogs logs(2, registry);
  CHECK(logs.SinkFor(nullptr, 0) == nullptr);
  const auto path = folder.File("a.log");
  auto* const sink = logs.SinkFor(TextSpec(path, "{reason}"), 0);
  CHECK(sink != nullptr);
  CHECK(logs.SinkFor(TextSpec(path, "{reason}"), 0) == sink);
  CHECK(logs.SinkFor(TextSpec(path, "{reason}"), 1) != sink);
  CHECK(logs.SinkFor(TextSpec(path, "{route}"), 0) != sink);
}

TEST_CASE("lines reach the file without a flush") {
  Folder folder;
  MetricRegistry registry;
  AccessLogs logs(1, registry);
  RecordSample sample;
  const auto path = folder.File("a.log");
  Log(logs.SinkFor(TextSpec(path, "{connection.id}"), 0), sample, 7);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (Read(path).empty() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  CHECK(Read(path) == "7\n");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0007) == 0);
}

TEST_CASE("two formats of one path share the file; what is in the rings is written at the end") {
  Folder folder;
  const auto path = folder.File("a.log");
  MetricRegistry registry;
  {
    AccessLogs logs(1, registry);
    RecordSample sample;
    Log(logs.SinkFor(TextSpec(path, "{connection.id}"), 0), sample, 1);
    Log(logs.SinkFor(std::make_shared<AccessLogSpec>(AccessLogSpec{path, AccessLogSpec::Format::kJson, {}}), 0), sample,
        2);
  }
  const std::string text = Read(path);
  REQUIRE(text.starts_with("1\n{"));
  CHECK(nlohmann::json::parse(text.substr(2))["connection_id"] == 2);
  CHECK(Metric(registry, "sallyport_access_log_lines_total") == 2);
}

TEST_CASE("Reopen: what was logged before is in the old file, what comes after in a new one") {
  Folder folder;
  MetricRegistry registry;
  AccessLogs logs(1, registry);
  RecordSample sample;
  const auto path = folder.File("a.log");
  auto* const sink = logs.SinkFor(TextSpec(path, "{connection.id}"), 0);
  Log(sink, sample, 1);
  logs.Flush();
  fs::rename(path, path + ".1");
  Log(sink, sample, 2);
  logs.Reopen();
  logs.Flush();
  Log(sink, sample, 3);
  logs.Flush();
  CHECK(Read(path + ".1") == "1\n2\n");
  CHECK(Read(path) == "3\n");
}

TEST_CASE("a folder that comes later: lines wait in the ring") {
  Folder folder;
  MetricRegistry registry;
  AccessLogs logs(1, registry);
  RecordSample sample;
  const auto path = folder.File("later/a.log");
  Log(logs.SinkFor(TextSpec(path, "{connection.id}"), 0), sample, 1);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (Metric(registry, "sallyport_access_log_write_errors_total") == 0 && std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();
  }
  fs::create_directory(folder.path / "later");
  logs.Flush();
  CHECK(Read(path) == "1\n");
}

// (T129) The worker never waits: a pipe nobody reads costs lines, not time. What arrives is whole lines.
TEST_CASE("a reader that stops: the ring fills, lines are dropped and counted, and it goes on when he reads") {
  Folder folder;
  const auto path = folder.File("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  MetricRegistry registry;
  constexpr uint64_t kLines = 4'000;
  std::string received;
  {
    AccessLogs logs(1, registry);
    RecordSample sample;
    const std::string agent(800, 'a');
    sample.record.user_agent = agent;
    auto* const sink = logs.SinkFor(TextSpec(path, "{connection.id} {request.user_agent}"), 0);
    for (uint64_t i = 0; i < kLines; ++i) Log(sink, sample, i);
    CHECK(Metric(registry, "sallyport_access_log_dropped_total") > 0);
    std::atomic<bool> done{false};
    std::thread reading([&] {
      char bytes[4096];
      for (;;) {
        const bool last = done.load();
        const ssize_t size = ::read(reader, bytes, sizeof(bytes));
        if (size > 0) received.append(bytes, static_cast<size_t>(size));
        if (size <= 0 && last) return;
      }
    });
    logs.Flush();
    done = true;
    reading.join();
  }
  ::close(reader);
  const auto written = static_cast<uint64_t>(Metric(registry, "sallyport_access_log_lines_total"));
  CHECK(written + static_cast<uint64_t>(Metric(registry, "sallyport_access_log_dropped_total")) == kLines);
  std::istringstream lines(received);
  uint64_t count = 0;
  uint64_t next = 0;  // those dropped are missing, the others in order
  for (std::string line; std::getline(lines, line); ++count) {
    const uint64_t id = std::stoull(line);
    REQUIRE(id >= next);
    REQUIRE(line == std::to_string(id) + " " + std::string(800, 'a'));
    next = id + 1;
  }
  CHECK(count == written);
}

TEST_CASE("workers log at the same time while the file is reopened: each one's lines are whole and in order") {
  Folder folder;
  constexpr uint32_t kWorkers = 3;
  constexpr uint64_t kLines = 5'000;
  MetricRegistry registry;
  const auto path = folder.File("a.log");
  {
    AccessLogs logs(kWorkers, registry);
    std::vector<std::thread> workers;
    for (uint32_t worker = 0; worker < kWorkers; ++worker) {
      workers.emplace_back([&, worker] {
        RecordSample sample;
        const std::string name = std::to_string(worker);
        sample.record.listener = name;
        auto* const sink = logs.SinkFor(TextSpec(path, "{listener} {connection.id} end"), worker);
        for (uint64_t i = 0; i < kLines; ++i) Log(sink, sample, i);
      });
    }
    for (int i = 0; i < 5; ++i) logs.Reopen();
    for (auto& worker : workers) worker.join();
  }
  std::map<std::string, uint64_t> next;
  std::istringstream lines(Read(path));
  for (std::string line; std::getline(lines, line);) {
    const std::string worker = line.substr(0, line.find(' '));
    REQUIRE(line == worker + " " + std::to_string(next[worker]) + " end");
    ++next[worker];
  }
  CHECK(Metric(registry, "sallyport_access_log_dropped_total") == 0);
  CHECK(next == std::map<std::string, uint64_t>{{"0", kLines}, {"1", kLines}, {"2", kLines}});
}

TEST_CASE("the number of places is bounded") {
  Folder folder;
  MetricRegistry registry;
  AccessLogs logs(1, registry);
  for (size_t i = 0; i < AccessLogs::kMaxPlaces; ++i) {
    REQUIRE(logs.SinkFor(TextSpec(folder.File("a") + std::to_string(i), ""), 0) != nullptr);
  }
  CHECK(logs.SinkFor(TextSpec(folder.File("b"), ""), 0) == nullptr);
  CHECK(logs.SinkFor(TextSpec(folder.File("a0"), ""), 0) != nullptr);
}

}  // namespace
}  // namespace sp::telemetry
