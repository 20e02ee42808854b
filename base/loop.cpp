#include "base/loop.h"

#include <uv.h>

#include <algorithm>
#include <string>

#include "base/check.h"

namespace base {

static_assert(int{Poll::kReadable} == int{UV_READABLE} && int{Poll::kWritable} == int{UV_WRITABLE});

Loop::Loop() : loop_(std::make_unique<uv_loop_s>()) {
  ASSERT(uv_loop_init(loop_.get()) == 0);
}

Loop::~Loop() {
  uv_run(loop_.get(), UV_RUN_NOWAIT);  // lets closed handles finish
  ASSERT(uv_loop_close(loop_.get()) == 0);
}

void Loop::run() {
  uv_run(loop_.get(), UV_RUN_DEFAULT);
}

void Loop::stop() {
  uv_stop(loop_.get());
}

struct Poll::State {
  uv_poll_t handle{};
  Callback callback;
};

Poll::Poll(std::unique_ptr<State> state) : state_(std::move(state)) {}
Poll::Poll(Poll&&) noexcept = default;

Poll& Poll::operator=(Poll&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Poll::~Poll() {
  if (State* state = state_.release()) {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->handle),
             [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
  }
}

Result<Poll> Poll::open(Loop& loop, int fd, Events events, Callback callback) {
  auto state = std::make_unique<State>();
  if (const int error = uv_poll_init(loop.raw(), &state->handle, fd); error != 0) {
    return fail_errno("cannot watch a descriptor", -error);
  }
  state->callback = std::move(callback);
  state->handle.data = state.get();
  Poll poll(std::move(state));
  poll.set_events(events);
  return poll;
}

void Poll::set_events(Events events) {
  uv_poll_start(&state_->handle, events, [](uv_poll_t* handle, int status, int ready) {
    // The callback may destroy this Poll; a copy keeps the function alive while it runs.
    const Callback callback = static_cast<State*>(handle->data)->callback;
    callback(status < 0 ? 0 : ready);
  });
}

struct Timer::State {
  uv_timer_t handle{};
  Callback callback;
  bool in_callback = false;
};

Timer::Timer(Loop& loop, Callback callback) : state_(std::make_unique<State>()) {
  uv_timer_init(loop.raw(), &state_->handle);
  state_->callback = std::move(callback);
  state_->handle.data = state_.get();
}

Timer::Timer(Timer&&) noexcept = default;

Timer& Timer::operator=(Timer&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Timer::~Timer() {
  if (State* state = state_.release()) {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->handle),
             [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
  }
}

void Timer::start_once(std::uint64_t delay_ms) {
  // libuv counts from the time it read before polling; a long callback would shorten the delay.
  uv_update_time(state_->handle.loop);
  uv_timer_start(
      &state_->handle,
      [](uv_timer_t* handle) {
        auto* state = static_cast<State*>(handle->data);  // lives until the loop's next turn
        const Callback callback = state->callback;
        state->in_callback = true;
        callback();
        state->in_callback = false;
      },
      // libuv runs timers until none is due: one that starts itself again with 0 would keep the
      // loop from ever looking at a descriptor.
      state_->in_callback ? std::max<std::uint64_t>(delay_ms, 1) : delay_ms, 0);
}

void Timer::stop() {
  uv_timer_stop(&state_->handle);
}

}  // namespace base
