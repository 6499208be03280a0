// Naming the plugin that blocks, and the one that crashes.
#include "core/plugin_host/attribution.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "core/plugin_host/crash.h"
#include "core/plugin_host/testdata/host.h"
#include "core/plugin_host/thread_markers.h"
#include "core/plugin_host/watchdog.h"
#include "test/support/catch.h"

namespace sp::plugin_host {
namespace {

using testing::ContainsSubstring;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // its own report of a crash comes after ours, and another exit status
#else
constexpr bool kSanitized = false;
#endif

TEST_CASE("A marker says whose code runs, and tells one call from the next") {
  Marker& marker = ThisThread();
  CHECK(&marker == &ThisThread());
  CHECK(marker.word() == 0);
  const uint32_t id = AddAttribution("stamp", "edge", 3);
  uint64_t first = 0;
  {
    const Mark outer(marker, id, Hook::kStart);
    first = marker.word();
    CHECK(Marker::AttributionOf(first) == id);
    CHECK(Marker::HookOf(first) == Hook::kStart);
    {
      const Mark inner(marker, id, Hook::kDrop);
      CHECK(Marker::HookOf(marker.word()) == Hook::kDrop);
    }
    CHECK(marker.word() == first);
  }
  CHECK(marker.word() == 0);
  const Mark again(marker, id, Hook::kStart);
  CHECK(marker.word() != first);
  char text[256];
  CHECK(std::string(text, DescribeAttribution(id, text, sizeof text)) ==
        "plugin \"stamp\" (filter \"edge\", generation 3)");
  CHECK(DescribeAttribution(id, text, 10) == 10);
  CHECK(std::string(text, DescribeAttribution(0, text, sizeof text)) == "a plugin");
  CHECK(std::string(text, DescribeAttribution(0xffffffff, text, sizeof text)) == "a plugin");
  RemoveAttribution(id);
  CHECK(AddAttribution(std::string(200, 'x'), "", 1) == id);  // used again
  CHECK(DescribeAttribution(id, text, sizeof text) < 100);
  RemoveAttribution(id);
  CHECK(NameOf(Hook::kRequestHead) == "on_request_head");
  CHECK(NameOf(Hook::kRetire) == "a retire function");
}

TEST_CASE("The watchdog names the plugin that blocks a worker, once a call, while it still runs") {
  const KeptLog log;
  const uint32_t id = AddAttribution("slow", "edge", 7);
  Watchdog watchdog(std::chrono::milliseconds(20));
  std::thread worker([&] {
    NameThisThread("worker 3");
    const Mark mark(ThisThread(), id, Hook::kRequestBody);
    while (watchdog.blocked() == 0) std::this_thread::yield();
  });
  worker.join();
  std::thread quick([&] {
    NameThisThread("worker 4");
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
    while (std::chrono::steady_clock::now() < end) const Mark mark(ThisThread(), id, Hook::kRequestHead);
  });
  quick.join();
  CHECK(watchdog.blocked() == 1);
  CHECK(log.Count("plugin \"slow\" (filter \"edge\", generation 7) has blocked worker 3 for ") == 1);
  CHECK(log.Count(" ms in on_request_body") == 1);
  RemoveAttribution(id);
}

TEST_CASE("A thread that is no worker may take its time") {
  Watchdog watchdog(std::chrono::milliseconds(5));
  std::thread([&] {
    const Mark mark(ThisThread(), 0, Hook::kConfigCreate);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }).join();
  CHECK(watchdog.blocked() == 0);
}

struct Death {
  int signal = 0;
  std::string said;
};

// What a process says on stderr in which `run` crashes.
template <typename Run>
Death Die(Run&& run) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    for (const int signal : {SIGSEGV, SIGABRT}) std::signal(signal, SIG_DFL);  // Catch2's
    dup2(ends[1], STDERR_FILENO);
    InstallCrashHandler();
    InstallCrashHandler();  // twice is once
    run();
    _exit(0);
  }
  close(ends[1]);
  Death death;
  char text[4096];
  for (ssize_t n = 0; (n = read(ends[0], text, sizeof text)) > 0;) death.said.append(text, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  death.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return death;
}

TEST_CASE("A plugin that crashes is named before the process dies") {
  TestHost host;
  const auto library = host.Open("crashes");
  REQUIRE(library != nullptr);
  struct Row {
    std::string how;
    int signal;
    std::string said;
  };
  const Row rows[] = {{"segv", SIGSEGV, "SIGSEGV"}, {"abort", SIGABRT, "SIGABRT"}, {"memory", SIGABRT, "SIGABRT"}};
  for (const Row& row : rows) {
    CAPTURE(row.how);
    const Death death = Die([&] { host.Create(library, R"({"how":")" + row.how + "\"}"); });
    CAPTURE(death.said);
    if (!kSanitized) CHECK(death.signal == row.signal);
    CHECK_THAT(death.said, ContainsSubstring("sallyport: " + row.said +
                                             " in plugin \"crashes\" (filter \"mine\", "
                                             "generation " +
                                             std::to_string(library->generation()) + "), hook config_create\n"));
  }
}

TEST_CASE("So is one that overflows its stack") {
  if (kSanitized) return;
  TestHost host;
  const auto library = host.Open("crashes");
  const Death death = Die([&] { std::thread([&] { host.Create(library, R"({"how":"deep"})"); }).join(); });
  CHECK(death.signal == SIGSEGV);
  CHECK_THAT(death.said, ContainsSubstring("SIGSEGV in plugin \"crashes\""));
}

TEST_CASE("A crash outside of plugins, and a signal that was sent, are not blamed on one") {
  const Death outside = Die([] { std::abort(); });
  CHECK(outside.said.find("sallyport:") == std::string::npos);
  if (!kSanitized) CHECK(outside.signal == SIGABRT);
  const Death sent = Die([] { kill(getpid(), SIGBUS); });
  CHECK(sent.said.find("sallyport:") == std::string::npos);
  if (!kSanitized) CHECK(sent.signal == SIGBUS);
}

}  // namespace
}  // namespace sp::plugin_host
