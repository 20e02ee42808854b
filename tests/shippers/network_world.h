// What outlives a router with a network sink: rings, sink state and a directory with the spool, in
// shared memory and on disk, so that a child process may be killed at any step; and one life of
// such a router, whose destination writes what it accepts to a file.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/crash_point.h"
#include "shippers/network/network_sink.h"
#include "tests/shippers/sink_world.h"

namespace shippers {

/// Accepts what its judge says; every accepted event is a line of the file.
class FileDestination final : public Destination {
 public:
  using Judge = std::function<Outcome(std::span<const SpoolEvent>)>;

  FileDestination(std::string path, Judge judge)
      : path_(std::move(path)), judge_(std::move(judge)) {}

  [[nodiscard]] RequestLimits limits() const override {
    return {.bytes = 2000, .event_bytes = 500, .events = 40, .concurrency = 1};
  }
  void encode(const Line& line, std::string& /*key*/, std::string& text) const override {
    text = std::string(line.text) + "\n";
  }
  void set_answer(Answer answer) override { answer_ = std::move(answer); }
  void send(std::uint64_t id, std::span<const SpoolEvent> events) override {
    const Outcome outcome = judge_(events);
    if (outcome.verdict == Verdict::kAccepted) {
      std::string text;
      for (std::size_t index = 0; index < events.size(); ++index) {
        const bool excepted = std::ranges::any_of(
            outcome.exceptions, [&](const EventVerdict& item) { return item.event == index; });
        text += excepted ? "" : std::string(events[index].text);
      }
      std::ofstream(path_, std::ios::app) << text << std::flush;
      base::crash_point("test.accepted");
    }
    answer_(id, outcome);
  }
  void refresh() override { ++refreshes; }

  int refreshes = 0;

 private:
  std::string path_;
  Judge judge_;
  Answer answer_;
};

class NetworkWorld {
 public:
  NetworkWorld() {
    memory_ = ::mmap(nullptr, sizeof(logging::SinkState), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    state_ = new (memory_) logging::SinkState{};
    config.name = "remote";
    config.type = logging::SinkType::kHttp;
    config.network.batch.linger = base::milliseconds(10);
  }
  ~NetworkWorld() { ::munmap(memory_, sizeof(logging::SinkState)); }
  NetworkWorld(const NetworkWorld&) = delete;
  NetworkWorld& operator=(const NetworkWorld&) = delete;

  TestService& add_service(const std::string& name, std::uint64_t ring_id) {
    services.push_back(std::make_unique<TestService>(name, ring_id, 64 * 1024));
    (void)claim(*services.back());
    return *services.back();
  }
  [[nodiscard]] std::unique_ptr<logging::RingConsumer> claim(const TestService& service) const {
    const auto kind = config.policy() == logging::WhenFull::kBlock
                          ? logging::ConsumerKind::kGating
                          : logging::ConsumerKind::kLapping;
    return std::move(
        *logging::claim_consumer(*service.map, logging::sink_id_of("remote"), kind, nullptr));
  }

  [[nodiscard]] logging::SinkState& state() { return *state_; }
  [[nodiscard]] std::vector<std::string> accepted() const {
    std::vector<std::string> lines;
    std::istringstream text(test_support::read_file(directory / "accepted"));
    for (std::string line; std::getline(text, line);) {
      lines.push_back(line);
    }
    return lines;
  }
  /// Of all rings and of those that are gone; checks the identity.
  struct Ledger {
    std::uint64_t received = 0;
    std::uint64_t delivered = 0;
    std::uint64_t buffered = 0;
    std::uint64_t dropped = 0;

    friend bool operator==(const Ledger&, const Ledger&) = default;
    friend void PrintTo(const Ledger& ledger, std::ostream* out) {
      *out << "received " << ledger.received << " delivered " << ledger.delivered << " buffered "
           << ledger.buffered << " dropped " << ledger.dropped;
    }
  };
  [[nodiscard]] Ledger ledger() const {
    Ledger sum;
    for (const auto& service : services) {
      for (const auto& ring :
           logging::RingView::open(service->fd.get(), logging::RingView::Extent::kHeaders)
               ->consumers()) {
        sum.received += ring.received;
        sum.delivered += ring.delivered;
        sum.buffered += ring.buffered;
        for (const std::uint64_t count : ring.dropped) {
          sum.dropped += count;
        }
      }
    }
    const auto gone = state_->inherited[state_->inherited_sequence.load() % 2];
    sum.delivered += gone.delivered;
    sum.buffered += gone.spooled;
    sum.received += gone.delivered + gone.spooled;
    for (const std::uint64_t count : gone.dropped) {
      sum.dropped += count;
      sum.received += count;
    }
    EXPECT_EQ(sum.received, sum.delivered + sum.buffered + sum.dropped);
    return sum;
  }

  logging::SinkConfig config;
  test_support::TemporaryDirectory directory;
  std::vector<std::unique_ptr<TestService>> services;

 private:
  void* memory_ = nullptr;
  logging::SinkState* state_ = nullptr;
};

inline Outcome accept(std::span<const SpoolEvent> /*events*/) {
  return {};
}

/// One life of a router with the sink "remote".
class NetworkRouter {
 public:
  explicit NetworkRouter(NetworkWorld& world, FileDestination::Judge judge = accept,
                         std::size_t append_bytes_max = SIZE_MAX,
                         logging::DeadLetters* letters = nullptr)
      : report(world.state()) {
    auto made = std::make_unique<FileDestination>(world.directory / "accepted", std::move(judge));
    auto faulty = std::make_unique<test_support::FaultyFileSystem>();
    faulty->set_append_bytes_max(append_bytes_max);
    destination = made.get();
    files = faulty.get();
    sink = std::make_unique<NetworkSink>(
        world.config, NetworkSink::Parts{.report = report,
                                         .state = world.state(),
                                         .diag = diag,
                                         .wake = [this] { woken = true; },
                                         .files = std::move(faulty),
                                         .destination = std::move(made),
                                         .host = "host",
                                         .state_directory = world.directory / "state",
                                         .runtime_directory = world.directory / "run",
                                         .pipeline = {},
                                         .seed = 1,
                                         .dead_letters = letters});
    for (const auto& service : world.services) {
      consumers.push_back(world.claim(*service));
      inputs.push_back({.service = service->name, .consumer = consumers.back().get()});
    }
    for (const logging::SinkInput& input : inputs) {
      EXPECT_TRUE(sink->attach(input));
    }
  }

  /// As the writer thread does; returns when the sink wants to be called again.
  std::uint64_t round() {
    std::uint64_t due = UINT64_MAX;
    for (const logging::SinkInput& input : inputs) {
      const logging::ConsumeResult result = sink->consume(input, now_ns);
      due = result.retry_at_ns != 0 ? std::min(due, result.retry_at_ns) : due;
    }
    const std::uint64_t tend = sink->tend(now_ns);
    if (std::exchange(woken, false)) {
      return now_ns;
    }
    return tend != 0 ? std::min(due, tend) : due;
  }
  /// Until the sink waits for nothing, or `rounds` are over; time passes as fast as it asks.
  bool run(int rounds = 500) {
    for (int count = 0; count < rounds; ++count) {
      const std::uint64_t due = round();
      if (due == UINT64_MAX) {
        return true;
      }
      now_ns = std::max(now_ns + 1, due);
    }
    return false;
  }

  bool woken = false;  // as the writer thread's waker
  base::Diag diag{2, base::DiagLevel::kError, ""};
  logging::SinkReport report;
  FileDestination* destination = nullptr;
  test_support::FaultyFileSystem* files = nullptr;
  std::vector<std::unique_ptr<logging::RingConsumer>> consumers;
  std::vector<logging::SinkInput> inputs;
  std::unique_ptr<NetworkSink> sink;
  std::uint64_t now_ns = 1000 * base::kNsPerSecond;
};

inline std::string numbered_lines(const std::string& name, int first, int count) {
  std::string text;
  for (int line = first; line < first + count; ++line) {
    text += name + " " + std::to_string(line) + "\n";
  }
  return text;
}

}  // namespace shippers
