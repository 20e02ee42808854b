// Finds threads of the router that hang, and ends the process then: the next router goes on.
//
// A thread stamps when it begins to work and clears the stamp before it sleeps. While any stamp is
// set a one-second timer runs; when all are clear it is stopped, so an idle router never wakes up.
// The intake must never block, so it hangs when its stamp is kHungNs old. A sink's thread may be
// stuck in a write to a dead file system, which is no reason to end the process; it hangs when it
// has been computing (its CPU clock) that long without coming back.
// Threads: stamps belong to their threads; everything else to the main thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <list>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace logging {

class HangWatch;

class BusyStamp {
 public:
  enum class Limit { kWallClock, kCpuClock };
  BusyStamp(HangWatch& watch, Limit limit, std::string name)
      : watch_(watch), limit_(limit), name_(std::move(name)) {}

  void adopt_thread();  // called once by the thread itself
  void begin(std::uint64_t now_ns);
  void end() { since_ns_.store(0); }

 private:
  friend class HangWatch;
  HangWatch& watch_;
  Limit limit_;
  std::string name_;
  std::atomic<std::uint64_t> since_ns_{0};
  std::atomic<bool> adopted_{false};
  clockid_t cpu_clock_{};
  // The main thread's notes.
  std::uint64_t seen_since_ns_ = 0;
  std::uint64_t seen_cpu_ns_ = 0;
};

class HangWatch {
 public:
  static constexpr std::uint64_t kHungNs = 30'000'000'000;

  explicit HangWatch(std::uint64_t hung_ns = kHungNs) : hung_ns_(hung_ns) {}

  [[nodiscard]] base::Result<void> open();
  [[nodiscard]] int timer_fd() const { return timer_.get(); }

  /// Stays where it is for the life of the watch. Before the thread starts.
  [[nodiscard]] BusyStamp& add(BusyStamp::Limit limit, std::string name);

  /// The timer has fired: the name of a thread that hangs, or nullptr.
  [[nodiscard]] const std::string* check(std::uint64_t now_ns);

 private:
  friend class BusyStamp;
  void arm();
  [[nodiscard]] bool anyone_busy() const;

  std::uint64_t hung_ns_;
  base::Fd timer_;
  std::atomic<bool> armed_{false};
  std::list<BusyStamp> stamps_;
};

}  // namespace logging
