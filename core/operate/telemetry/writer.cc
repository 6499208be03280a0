#include "core/operate/telemetry/writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace sp::telemetry {

Writer::Writer() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Writer::~Writer() {
  if (thread_.joinable()) {
    Flush();
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    Call();
    thread_.join();
  }
  ::close(event_);
}

Place& Writer::Add(std::unique_ptr<Place> place) {
  const std::lock_guard lock(mutex_);
  places_.push_back(std::move(place));
  if (!thread_.joinable()) {
    // Signals are the main thread's: the new one inherits a full mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { Run(); });
    pthread_setname_np(thread_.native_handle(), "access_log");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  return *places_.back();
}

void Writer::Call() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_, &one, sizeof(one));
}

void Writer::Reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  Call();
}

void Writer::Flush() {
  std::unique_lock lock(mutex_);
  if (!thread_.joinable()) return;
  const uint64_t mine = ++asked_;
  Call();
  looked_.wait_for(lock, kFlushLimit, [&] { return flushed_ >= mine; });
}

void Writer::Run() {
  for (;;) {
    uint64_t asked;
    bool reopen;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      while (known_.size() < places_.size()) known_.push_back(places_[known_.size()].get());
      asked = asked_;
      reopen = std::exchange(reopen_, false);
    }
    const bool all_written = Look();
    if (reopen) {
      for (Place* place : known_) place->Reopen();
    }
    if (all_written) {
      const std::lock_guard lock(mutex_);
      flushed_ = asked;
      looked_.notify_all();
    }
    Wait();
  }
}

bool Writer::Look() {
  bool all_written = true;
  for (Place* place : known_) all_written &= place->Drain();
  return all_written;
}

void Writer::Wait() {
  std::vector<pollfd> wanted = {{event_, POLLIN, 0}};
  for (const Place* place : known_) {
    if (place->blocked_on() >= 0) wanted.push_back({place->blocked_on(), POLLOUT, 0});
  }
  constexpr auto kMillis = std::chrono::duration_cast<std::chrono::milliseconds>(kLook);
  if (::poll(wanted.data(), wanted.size(), static_cast<int>(kMillis.count())) <= 0) return;
  uint64_t calls;
  if (wanted[0].revents != 0) [[maybe_unused]]
    const auto size = ::read(event_, &calls, sizeof(calls));
}

}  // namespace sp::telemetry
