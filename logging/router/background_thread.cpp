#include "logging/router/background_thread.h"

#include <sys/resource.h>
#include <unistd.h>

namespace logging {

BackgroundThread::BackgroundThread(int niceness) : niceness_(niceness) {
  if (auto pipe = base::make_pipe()) {
    stop_ = std::move(*pipe);
  }
}

void BackgroundThread::post(std::function<void()> job) {
  const std::scoped_lock lock(mutex_);
  if (stopping_.load()) {
    return;
  }
  jobs_.push_back(std::move(job));
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
}

void BackgroundThread::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_.store(true);
    jobs_.clear();
    stop_.write.reset();
    changed_.notify_one();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void BackgroundThread::run() {
  if (niceness_ != 0) {
    // Of this thread alone: on Linux a thread has a niceness of its own.
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness_));
  }
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_.load() || !jobs_.empty(); });
      if (stopping_.load()) {
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace logging
