#include "core/net/reactor.h"

#include <utility>

namespace sp::net {

EndOfTurnTask::~EndOfTurnTask() {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
}

Reactor::Reactor(const Clock& clock)
    : clock_(clock), now_(clock.Now()), wall_(clock.Wall()), timers_(now_), random_(Random::FromSystem()) {
  tasks_.next_ = tasks_.previous_ = &tasks_;
}

Reactor::~Reactor() {
  Shutdown();
  EndTurn();
}

void Reactor::AtEndOfTurn(EndOfTurnTask& task) {
  if (task.queued()) return;
  task.previous_ = tasks_.previous_;
  task.next_ = &tasks_;
  tasks_.previous_->next_ = &task;
  tasks_.previous_ = &task;
}

bool Reactor::Post(std::function<void()> work) {
  const std::lock_guard lock(posted_mutex_);
  if (shut_down_) return false;
  posted_.push_back(std::move(work));
  // Under the lock, so that nobody is waking a loop that is past Shutdown.
  if (posted_.size() == 1 && wake_) wake_();
  return true;
}

void Reactor::BeginTurn() {
  now_ = clock_.Now();
  wall_ = clock_.Wall();
}

void Reactor::EndTurn() {
  while (tasks_.next_ != &tasks_ || !disposed_.empty()) {
    while (tasks_.next_ != &tasks_) {
      EndOfTurnTask& task = *tasks_.next_;
      tasks_.next_ = task.next_;
      task.next_->previous_ = &tasks_;
      task.next_ = task.previous_ = nullptr;
      task.callback_(task.context_);
    }
    const auto dead = std::exchange(disposed_, {});
  }
}

void Reactor::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (auto& item : work) item();
}

void Reactor::Shutdown() {
  std::vector<std::function<void()>> work;
  const std::lock_guard lock(posted_mutex_);
  shut_down_ = true;
  work.swap(posted_);
}

}  // namespace sp::net
