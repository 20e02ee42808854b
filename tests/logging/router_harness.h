// PID 1's end of the handoff for tests: keeps the descriptors, starts routers as child processes,
// and hands everything to the next one when one dies.
//
// The router's sink writes into shared memory, exactly once: what it has written and the cursor
// behind it are published together, and a new router commits what the last one could not.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/unix_socket.h"
#include "logging/handoff/handoff_messages.h"
#include "logging/handoff/shared_slot.h"
#include "logging/sink.h"
#include "tests/support/temporary_directory.h"

namespace logging {

/// Output of one ring: the text so far and where its consumer stands.
struct Output {
  struct Place {
    std::uint64_t bytes = 0;
    Cursor cursor;
  };
  static constexpr std::size_t kBytesMax = 64U << 20U;
  std::atomic<std::uint32_t> sequence;
  std::uint32_t reserved;
  std::array<Place, 2> places;
  std::array<char, kBytesMax> text;

  [[nodiscard]] Place place() const { return read_slot(sequence, places); }
  [[nodiscard]] std::string_view taken() const { return {text.data(), place().bytes}; }
};

/// How the router's sink behaves; in shared memory, so that the test may change it.
struct SinkOrders {
  std::atomic<bool> hangs;  // its next write does not end before this is false
  std::atomic<bool> fails;
  std::atomic<std::uint64_t> failing_ring;  // the target of this ring alone fails
  std::atomic<int> deaths_left;             // it kills its process this many times on ...
  std::atomic<std::uint64_t> deadly_frame;  // ... the frame at this position
  std::atomic<std::uint64_t> poisoned_seen;
  std::atomic<bool> parses;
};

class RouterHarness {
 public:
  explicit RouterHarness(WhenFull when_full = WhenFull::kBlock,
                         base::Duration block_limit = base::seconds(60));
  ~RouterHarness();

  /// A service with one ring and no pipes yet; its id.
  std::uint32_t add_service(std::uint64_t capacity);
  /// The write end. Handed to the router that runs, if one does.
  base::Fd add_pipe(std::uint32_t service_id, Stream stream);

  /// Starts a router and hands everything over. `crash` is a BIRL_DEBUG_CRASH text or empty.
  void start(const std::string& crash = "");

  /// Works off messages until `done()`; false when the router died first, by a SIGKILL. Any other
  /// death fails the test.
  bool run_until(const std::function<bool()>& done);
  void send_drain(std::uint64_t deadline_ns);
  int close_and_wait();  // the router's exit code

  [[nodiscard]] bool all_ended() const { return pipes_.empty(); }
  [[nodiscard]] std::optional<bool> drained() const { return drained_; }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] Output& output(std::uint32_t service_id);
  [[nodiscard]] SinkOrders& orders() { return *orders_; }
  [[nodiscard]] int ring_fd(std::uint32_t service_id);
  [[nodiscard]] int state_fd() const { return state_.get(); }
  [[nodiscard]] const std::vector<AckMessage>& acks() const { return acks_; }

 private:
  struct Service {
    base::Fd ring;
    base::Mapping output;
  };
  struct LivePipe {
    PipeInfo info;
    base::Fd read;
  };
  using PipeKey = std::pair<std::uint32_t, std::uint32_t>;

  [[noreturn]] void run_child(int socket, const std::string& crash);
  [[nodiscard]] SinkFactory make_factory();
  void hand_over();
  void send_service(std::uint32_t service_id);
  void on_message(const base::Message& message);
  void reap();
  template <typename M>
  void send(const M& message, std::vector<int> fds);

  test_support::TemporaryDirectory directory_;  // the runtime directory
  base::Fd state_;
  base::Fd config_;
  std::uint64_t config_bytes_ = 0;
  base::Pipe staging_;
  base::Fd socket_;
  base::Mapping orders_mapping_;
  SinkOrders* orders_ = nullptr;
  std::map<std::uint32_t, Service> services_;
  std::map<PipeKey, LivePipe> pipes_;
  std::vector<AckMessage> acks_;
  std::optional<bool> drained_;
  bool ready_ = false;
  pid_t router_ = -1;
};

}  // namespace logging
