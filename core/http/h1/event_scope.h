// EventScope: while one lives, the owner or a sink is being called, and whatever it calls of ours only notes what is to
// be done. So no event comes within another.
#pragma once

namespace sp::h1 {

class EventScope {
 public:
  explicit EventScope(bool& running) : running_(running), before_(running) { running_ = true; }
  ~EventScope() { running_ = before_; }
  EventScope(const EventScope&) = delete;
  EventScope& operator=(const EventScope&) = delete;

 private:
  bool& running_;
  bool before_;
};

}  // namespace sp::h1
