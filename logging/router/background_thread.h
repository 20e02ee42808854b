// One thread for work that nothing waits for: jobs, one after another.
//
// It starts with the first job, at the niceness it was made with. A job that takes long looks at
// is_stopping(), or polls stop_fd(), and leaves off; what it left half done has to be harmless.
// Threads: post() and is_stopping() any; stop() the owner's. Owner: the graph; what jobs use must
// live until stop() has returned.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/fd.h"

namespace logging {

class BackgroundThread {
 public:
  /// `niceness` 0 leaves the process's own.
  explicit BackgroundThread(int niceness);
  ~BackgroundThread() { stop(); }
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  /// Does nothing once stop() was called. The caller bounds how many jobs it posts.
  void post(std::function<void()> job);

  /// Waits for the job at work; those behind it are dropped.
  void stop();

  [[nodiscard]] bool is_stopping() const { return stopping_.load(); }
  /// Readable as soon as it stops; -1 where the kernel gave none.
  [[nodiscard]] int stop_fd() const { return stop_.read.get(); }

 private:
  void run();

  int niceness_;
  base::Pipe stop_;  // closing the write end makes the other readable
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::thread thread_;
};

}  // namespace logging
