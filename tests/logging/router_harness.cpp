#include "tests/logging/router_harness.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/clock.h"
#include "base/crash_point.h"
#include "logging/handoff/ring_create.h"
#include "logging/handoff/router_state_file.h"
#include "logging/router/router.h"

namespace logging {

namespace {

/// Appends each frame to its ring's output. The only sink of these tests.
class SharedMemorySink final : public Sink {
 public:
  SharedMemorySink(std::map<std::uint64_t, Output*> outputs, SinkOrders& orders, SinkReport& report)
      : outputs_(std::move(outputs)), orders_(orders), report_(report) {}

  [[nodiscard]] base::Result<void> attach(const SinkInput& input) override {
    const Output::Place place = output_of(input).place();
    if (place.cursor.frame > input.consumer->cursor().frame) {
      input.consumer->commit(place.cursor);
    }
    return {};
  }

  [[nodiscard]] ConsumeResult consume(const SinkInput& input, std::uint64_t now_ns) override {
    while (orders_.hangs.load()) {
      std::this_thread::yield();  // a write that does not come back
    }
    if (orders_.fails.load()) {
      report_.failing(SinkHealth::kRetrying, "cannot write: told so");
      return {.progressed = false, .retry_at_ns = now_ns + 5 * base::kNsPerMs};
    }
    if (input.consumer->ring_id() == orders_.failing_ring.load()) {
      report_.failing(SinkHealth::kRetrying, "cannot write this one: told so");
      return {.progressed = false, .retry_at_ns = now_ns + 5 * base::kNsPerMs};
    }
    if (orders_.failing_ring.load() == 0) {
      report_.working();
    }
    const auto frames = input.consumer->peek(64 * 1024);
    if (!frames || frames->empty()) {
      return {};
    }
    Output& output = output_of(input);
    Output::Place place = output.place();
    place.cursor = input.consumer->cursor();
    for (const FrameView& frame : *frames) {
      meet_deadly_frame(input, frame);
      std::memcpy(output.text.data() + place.bytes, frame.bytes.data(), frame.bytes.size());
      place.bytes += frame.bytes.size();
      place.cursor = RingConsumer::advance(place.cursor, frame, frame.bytes.size());
    }
    base::crash_point("sink.wrote");
    publish_slot(output.sequence, output.places, place);
    base::crash_point("sink.noted");
    input.consumer->commit(place.cursor);
    return {.progressed = true, .retry_at_ns = 0};
  }

  void reopen() override {}
  void rotate() override {}
  [[nodiscard]] bool parses_records() const override { return orders_.parses.load(); }

 private:
  /// A queue is a ring of its own, with an id that nobody knows: of the first service.
  Output& output_of(const SinkInput& input) {
    const auto found = outputs_.find(input.consumer->ring_id());
    return found == outputs_.end() ? *outputs_.begin()->second : *found->second;
  }

  void meet_deadly_frame(const SinkInput& input, const FrameView& frame) {
    if (frame.position != orders_.deadly_frame.load()) {
      return;
    }
    if (input.poisoned) {
      orders_.poisoned_seen.fetch_add(1);
    } else if (orders_.deaths_left.fetch_sub(1) > 0) {
      ::kill(::getpid(), SIGKILL);
    }
  }

  std::map<std::uint64_t, Output*> outputs_;
  SinkOrders& orders_;
  SinkReport& report_;
};

base::Mapping shared_memory(std::size_t bytes) {
  const auto fd = base::make_memory_file("test-shared", bytes, "/tmp");
  return std::move(*base::Mapping::map(fd->get(), 0, bytes, base::Access::kReadWrite));
}

constexpr std::uint64_t kRingIdBase = 1000;

}  // namespace

RouterHarness::RouterHarness(WhenFull when_full, base::Duration block_limit)
    : state_(std::move(*create_router_state("/tmp"))), staging_(std::move(*base::make_pipe())) {
  RouterConfig config;
  config.runtime_directory = directory_.path();
  SinkConfig sink;
  sink.name = "memory";
  sink.when_full = when_full;
  sink.block_limit = block_limit;
  config.sinks.push_back(sink);
  const auto bytes = base::Encoder::encode(config);
  config_ = std::move(*base::make_memory_file("test-config", 1U << 16U, "/tmp"));
  config_bytes_ = bytes.size();
  EXPECT_EQ(::pwrite(config_.get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  orders_mapping_ = shared_memory(4096);
  orders_ = reinterpret_cast<SinkOrders*>(orders_mapping_.data());
  orders_->deadly_frame.store(UINT64_MAX);
}

RouterHarness::~RouterHarness() {
  if (router_ > 0) {
    ::kill(router_, SIGKILL);
    ::waitpid(router_, nullptr, 0);
  }
}

std::uint32_t RouterHarness::add_service(std::uint64_t capacity) {
  const auto service_id = static_cast<std::uint32_t>(services_.size() + 1);
  services_[service_id] = {
      .ring = std::move(*create_ring(kRingIdBase + service_id, capacity, "/tmp")),
      .output = shared_memory(sizeof(Output))};
  if (router_ > 0) {
    send_service(service_id);
  }
  return service_id;
}

base::Fd RouterHarness::add_pipe(std::uint32_t service_id, Stream stream) {
  std::uint32_t slot = 0;
  while (pipes_.contains({service_id, slot})) {
    ++slot;
  }
  base::Pipe pipe = std::move(*base::make_pipe());
  const PipeInfo info{.slot = slot, .stream = stream, .incarnation = 1};
  if (router_ > 0) {
    send(PipeMessage{.service_id = service_id, .pipe = info}, {pipe.read.get()});
  }
  pipes_[{service_id, slot}] = {.info = info, .read = std::move(pipe.read)};
  return std::move(pipe.write);
}

Output& RouterHarness::output(std::uint32_t service_id) {
  return *reinterpret_cast<Output*>(services_.at(service_id).output.data());
}

int RouterHarness::ring_fd(std::uint32_t service_id) {
  return services_.at(service_id).ring.get();
}

SinkFactory RouterHarness::make_factory() {
  std::map<std::uint64_t, Output*> outputs;
  for (const auto& [service_id, service] : services_) {
    outputs[kRingIdBase + service_id] = &output(service_id);
  }
  return [this, outputs](const SinkConfig&,
                         const SinkContext& context) -> base::Result<std::unique_ptr<Sink>> {
    return std::make_unique<SharedMemorySink>(outputs, *orders_, context.report);
  };
}

void RouterHarness::run_child(int socket, const std::string& crash) {
  if (!crash.empty()) {
    ::setenv("BIRL_DEBUG_CRASH", crash.c_str(), 1);
    base::arm_crash_points();
  }
  base::Diag diag(STDERR_FILENO, base::DiagLevel::kError, "router: ");
  const int code = run_router(socket, make_factory(), diag);
  ::_exit(code);
}

void RouterHarness::start(const std::string& crash) {
  base::SocketPair pair = std::move(*base::make_socket_pair());
  router_ = ::fork();
  ASSERT_GE(router_, 0);
  if (router_ == 0) {
    pair.first.reset();
    run_child(pair.second.get(), crash);
  }
  socket_ = std::move(pair.first);
  ready_ = false;
  drained_.reset();
  hand_over();
}

template <typename M>
void RouterHarness::send(const M& message, std::vector<int> fds) {
  // A router that died meanwhile is found by run_until().
  static_cast<void>(base::send_message(socket_.get(), encode_message(message), fds));
}

void RouterHarness::hand_over() {
  send(HelloMessage{.config_bytes = config_bytes_},
       {state_.get(), config_.get(), staging_.read.get(), staging_.write.get(), STDERR_FILENO});
  for (const auto& [service_id, service] : services_) {
    send_service(service_id);
  }
  send(GoMessage{}, {});
}

void RouterHarness::send_service(std::uint32_t service_id) {
  ServiceMessage message{
      .service_id = service_id, .name = "service", .sinks = {"memory"}, .pipes = {}};
  std::vector<int> fds{services_.at(service_id).ring.get()};
  for (const auto& [key, pipe] : pipes_) {
    if (key.first == service_id) {
      message.pipes.push_back(pipe.info);
      fds.push_back(pipe.read.get());
    }
  }
  send(message, fds);
}

bool RouterHarness::run_until(const std::function<bool()>& done) {
  while (!done()) {
    pollfd poll{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    ::poll(&poll, 1, 10);
    if (poll.revents == 0) {
      continue;
    }
    const auto message = base::receive_message(socket_.get());
    if (!message) {
      reap();
      return false;
    }
    on_message(**message);
  }
  return true;
}

void RouterHarness::on_message(const base::Message& message) {
  switch (*message_kind(message.bytes)) {
    case MessageKind::kAck:
      acks_.push_back(*decode_message<AckMessage>(message.bytes));
      break;
    case MessageKind::kReady:
      ready_ = true;
      break;
    case MessageKind::kPipeEnded: {
      const auto ended = *decode_message<PipeEndedMessage>(message.bytes);
      pipes_.erase({ended.service_id, ended.slot});
      break;
    }
    case MessageKind::kDrained:
      drained_ = decode_message<DrainedMessage>(message.bytes)->complete;
      break;
    default:
      ADD_FAILURE() << "an unexpected message";
  }
}

void RouterHarness::reap() {
  int status = 0;
  ASSERT_EQ(::waitpid(router_, &status, 0), router_);
  router_ = -1;
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
}

void RouterHarness::send_drain(std::uint64_t deadline_ns) {
  drained_.reset();
  send(DrainMessage{.deadline_monotonic_ns = deadline_ns}, {});
}

int RouterHarness::close_and_wait() {
  socket_.reset();
  int status = 0;
  EXPECT_EQ(::waitpid(router_, &status, 0), router_);
  router_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace logging
