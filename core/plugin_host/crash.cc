#include "core/plugin_host/crash.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string_view>

#include "core/plugin_host/thread_markers.h"

namespace sp::plugin_host {
namespace {

struct Handled {
  int signal;
  std::string_view name;
  struct sigaction before;
};
std::array<Handled, 5> handled = {{{SIGSEGV, "SIGSEGV", {}},
                                   {SIGBUS, "SIGBUS", {}},
                                   {SIGFPE, "SIGFPE", {}},
                                   {SIGILL, "SIGILL", {}},
                                   {SIGABRT, "SIGABRT", {}}}};

void Report(std::string_view signal) {
  const Marker* marker = MarkerForSignal();
  const uint64_t word = marker == nullptr ? 0 : marker->word();
  if (word == 0) return;
  char text[512];
  size_t length = 0;
  const auto put = [&](std::string_view part) {
    const size_t n = part.size() < sizeof text - length ? part.size() : sizeof text - length;
    std::memcpy(text + length, part.data(), n);
    length += n;
  };
  put("sallyport: ");
  put(signal);
  put(" in ");
  length += DescribeAttribution(Marker::AttributionOf(word), text + length, 256);
  put(", hook ");
  put(NameOf(Marker::HookOf(word)));
  put("\n");
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text, length);
}

// After the report the signal is given to whoever had it before. A fault happens again when this returns, with the
// right context for a core dump; a signal that somebody sent is sent again, and delivered after this returns.
void OnCrash(int signal, siginfo_t* info, void*) {
  for (Handled& entry : handled) {
    if (entry.signal != signal) continue;
    Report(entry.name);
    sigaction(signal, &entry.before, nullptr);
  }
  const bool fault = info != nullptr && info->si_code > 0 && signal != SIGABRT;
  if (!fault) raise(signal);
}

}  // namespace

void InstallCrashHandler() {
  ThisThread();
  struct sigaction action {};
  action.sa_sigaction = OnCrash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (Handled& entry : handled) {
    struct sigaction now {};
    sigaction(entry.signal, nullptr, &now);
    const bool ours = (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == OnCrash;
    if (ours || now.sa_handler == SIG_IGN) continue;
    entry.before = now;
    sigaction(entry.signal, &action, nullptr);
  }
}

}  // namespace sp::plugin_host
