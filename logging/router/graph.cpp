#include "logging/router/graph.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "logging/handoff/ring_recover.h"
#include "logging/handoff/shared_slot.h"
#include "logging/pipeline/pipeline.h"

namespace logging {

namespace {

/// A queue takes from the ring without waiting for anything, so the ring may wait for it: else a
/// busy machine would drop the oldest lines where the newest were to go.
ConsumerKind kind_of(const SinkConfig& sink) {
  switch (sink.policy()) {
    case WhenFull::kBlock:
      return ConsumerKind::kGating;
    case WhenFull::kDropOldest:
      return ConsumerKind::kLapping;
    case WhenFull::kDropNewest:
    case WhenFull::kDropByLevel:
      return sink.has_queue() ? ConsumerKind::kGating : ConsumerKind::kLapping;
  }
  return ConsumerKind::kGating;
}

/// Lines in a spool are waited for unless their sink keeps them for a better time.
bool is_settled(const RouterState& state, std::uint32_t sink_id, const ConsumerSlot& slot) {
  const SinkState* sink = state.find_sink(sink_id);
  return slot.spooled == 0 || (sink != nullptr && sink->keeps_spool.load() != 0);
}

/// Every consumer has passed `position`.
bool all_passed(const RouterState& state, const RingMap& ring, std::uint64_t position) {
  for (std::size_t index = 0; index < RingLimits::kConsumers; ++index) {
    const ConsumerRecord& record = ring.consumer(index);
    const std::uint32_t sink_id = record.sink_id.load(std::memory_order_acquire);
    const ConsumerSlot slot = read_slot(record.sequence, record.slots);
    if (sink_id != 0 && (slot.cursor.frame < position || !is_settled(state, sink_id, slot))) {
      return false;
    }
  }
  return true;
}

}  // namespace

Graph::Graph(RouterConfig config, RouterState state, EventQueue& events, base::Diag& diag)
    : config_(std::move(config)), state_(std::move(state)), events_(events), diag_(diag) {}

void Graph::stop_intake() {
  if (intake_thread_.joinable()) {
    intake_->stop();
    intake_thread_.join();
  }
}

Graph::~Graph() {
  stop_intake();
  background_.stop();  // its jobs are the sinks'
  for (auto& [sink, queue] : queues_) {
    queue->stop();
  }
  writers_.clear();  // joins; they borrow the rings
}

base::Result<void> Graph::open(base::Pipe staging, const SinkFactory& factory) {
  TRY(watch_.open());
  const Intake::Options options{
      .state = state_.header().intake,
      .pipe_memory_bytes = config_.pipe_memory.bytes,
      .diag = diag_,
      .busy = watch_.add(BusyStamp::Limit::kWallClock, "intake"),
      .on_event = [this](const IntakeEvent& event) { events_.post(event); }};
  intake_ = std::make_unique<Intake>(options, std::move(staging));
  TRY(intake_->open());
  for (const SinkConfig& config : config_.sinks) {
    TRY(make_writer(config, factory));
  }
  return {};
}

base::Result<void> Graph::make_writer(const SinkConfig& config, const SinkFactory& factory) {
  TRY_ASSIGN(SinkState * state, state_.claim_sink(sink_id_of(config.name)));
  const WriterThread::Options options{.config = config,
                                      .state = *state,
                                      .last_was_killed = last_was_killed_,
                                      .busy = watch_.add(BusyStamp::Limit::kCpuClock, config.name),
                                      .on_idle = [this, queue = &queues_[config.name]] {
                                        if (*queue != nullptr) {
                                          (*queue)->notify();
                                        }
                                        tell_idle();
                                      }};
  auto writer = std::make_unique<WriterThread>(options);
  queues_[config.name] = std::make_unique<SinkQueue>(
      SinkQueue::Options{.config = config,
                         .directory = queue_directory(),
                         .diag = diag_,
                         .busy = watch_.add(BusyStamp::Limit::kCpuClock, config.name + "'s queue"),
                         .writer = writer->waker(),
                         .on_idle = [this] { tell_idle(); }});
  auto sink = factory(config, {.config = config_,
                               .file_records = state_.file_records(),
                               .report = writer->report(),
                               .state = *state,
                               .diag = diag_,
                               .hang_watch = watch_,
                               .dead_letters = dead_letters_,
                               .background = background_,
                               .wake = [&waker = writer->waker()] { waker.notify(); }});
  if (sink) {
    writer->set_sink(std::move(*sink));
  } else {
    diag_.error("sink {}: {}", config.name, sink.error().message);
    writer->report().failing(SinkHealth::kParked, sink.error());
  }
  writers_.push_back(std::move(writer));
  return {};
}

std::string Graph::queue_directory() const {
  return config_.runtime_directory + "/queues";
}

void Graph::tell_idle() {
  if (tell_idle_.load()) {
    events_.ring();
  }
}

WriterThread* Graph::find_writer(const std::string& sink_name) {
  const auto found = std::ranges::find_if(
      writers_, [&](const auto& writer) { return writer->sink_name() == sink_name; });
  return found == writers_.end() ? nullptr : found->get();
}

base::Result<void> Graph::add_service(const ServiceMessage& message, std::vector<base::Fd> fds) {
  const std::size_t memory_fds = message.has_mirror ? 2 : 1;
  if (fds.size() != message.pipes.size() + memory_fds || services_.contains(message.service_id)) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot add service {}: {} descriptors for {} pipes",
                                  message.name, fds.size(), message.pipes.size()));
  }
  TRY_ASSIGN(RingMap ring, RingMap::open(fds[0].get(), base::Access::kReadWrite));
  TRY(check_ring(ring));
  if (message.has_mirror) {
    TRY(ring.set_mirror(fds[1].get()));
  }
  auto feed = std::make_unique<RingFeed>(message.service_id, std::move(ring), intake_->room_fd());
  TRY(claim_consumers(message, *feed));
  intake_->add_ring(*feed);
  for (std::size_t index = 0; index < message.pipes.size(); ++index) {
    intake_->add_pipe(message.service_id, message.pipes[index], std::move(fds[index + memory_fds]));
  }
  services_.emplace(message.service_id,
                    Service{.name = message.name, .feed = std::move(feed), .drain_to = 0});
  return {};
}

base::Result<void> Graph::claim_consumers(const ServiceMessage& message, RingFeed& feed) {
  release_strangers(message, feed.ring);
  std::vector<Claim> claims;
  for (const std::string& sink_name : message.sinks) {
    WriterThread* writer = find_writer(sink_name);
    if (writer == nullptr || !writer->has_sink()) {
      diag_.warn("service {}: its lines do not go to sink {}, which cannot work", message.name,
                 sink_name);
      continue;
    }
    const auto& config = *std::ranges::find(config_.sinks, sink_name, &SinkConfig::name);
    auto consumer = claim_consumer(feed.ring, sink_id_of(sink_name), kind_of(config), &feed.room);
    if (!consumer && consumer.error().code == base::ErrorCode::kLimit) {
      // The other sinks go on; to end here would mean to end again and again.
      diag_.error("service {}: its lines do not go to sink {}: {}", message.name, sink_name,
                  consumer.error().message);
      continue;
    }
    if (!consumer) {
      return base::Unexpected(std::move(consumer).error());
    }
    claims.push_back({.sink = sink_name, .writer = writer, .consumer = std::move(*consumer)});
  }
  // Only when all are claimed: a writer must not be left with a ring that is given up here.
  for (Claim& claim : claims) {
    connect(message.name, feed, std::move(claim));
  }
  return {};
}

/// The sink takes the ring itself, or what a queue has taken of it.
void Graph::connect(const std::string& service, RingFeed& feed, Claim claim) {
  SinkQueue& queue = *queues_.at(claim.sink);
  if (!queue.is_wanted(feed.ring.ring_id())) {
    claim.consumer->tell_losses(service);
    claim.writer->add_input(service, feed, std::move(claim.consumer));
    feed.wakers.push_back(&claim.writer->waker());
    return;
  }
  auto outlet = queue.add_input({.service = service,
                                 .stderr_severity = stderr_severity_of(config_, service),
                                 .source = std::move(claim.consumer),
                                 .capacity = feed.ring.capacity()});
  if (!outlet) {
    diag_.error("service {}: its lines do not go to sink {}: {}", service, claim.sink,
                outlet.error().message);
    return;
  }
  claim.writer->add_input(service, outlet->feed, std::move(outlet->consumer));
  feed.wakers.push_back(&queue.waker());
  if (started_) {
    queue.start();
  }
}

/// A gating consumer that nobody plays would stop its service for ever.
void Graph::release_strangers(const ServiceMessage& message, RingMap& ring) {
  for (std::size_t index = 0; index < RingLimits::kConsumers; ++index) {
    ConsumerRecord& record = ring.consumer(index);
    const std::uint32_t sink_id = record.sink_id.load(std::memory_order_acquire);
    const bool ours = std::ranges::any_of(message.sinks, [&](const std::string& name) {
      const WriterThread* writer = find_writer(name);
      return sink_id_of(name) == sink_id && writer != nullptr && writer->has_sink();
    });
    if (sink_id != 0 && !ours) {
      ring.release(record);
    }
  }
}

base::Result<void> Graph::add_pipe(const PipeMessage& message, base::Fd fd) {
  if (!services_.contains(message.service_id) || message.pipe.slot >= RingLimits::kPipes) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot add a pipe to service {}", message.service_id));
  }
  intake_->add_pipe(message.service_id, message.pipe, std::move(fd));
  return {};
}

void Graph::close_pipe(const ClosePipeMessage& message) {
  intake_->close_pipe(message.service_id, message.slot);
}

/// The regexes were compiled once already, when the configuration was checked.
void Graph::await_line(const AwaitLineMessage& message) {
  std::vector<Regex> regexes;
  for (const std::string& pattern : message.regexes) {
    auto regex = Regex::make(pattern);
    if (regex) {
      regexes.push_back(*std::move(regex));
    } else {
      diag_.error("cannot look for a line: {}", regex.error().message);
    }
  }
  intake_->await_line(message.service_id, LineWatch(message.incarnation, std::move(regexes)));
}

void Graph::start() {
  ASSERT(!started_);
  started_ = true;
  for (const auto& writer : writers_) {
    if (writer->has_sink()) {
      writer->start();
    }
  }
  std::set<std::string> queue_files;
  for (auto& [sink, queue] : queues_) {
    queue->start();
    queue_files.insert(queue->files().begin(), queue->files().end());
  }
  remove_stale_queues(queue_directory(), queue_files);
  if (!wait_attached()) {
    diag_.warn("a sink takes long to start; reading goes on without it");
  }
  tell_idle_.store(false);
  intake_thread_ = std::thread([this] { intake_->run(); });
}

/// A sink whose file system hangs must stop nobody else, so this has an end.
bool Graph::wait_attached() {
  const std::uint64_t deadline_ns = base::monotonic_ns() + GraphLimits::kAttachWaitNs;
  const auto attached = [&] {
    return std::ranges::all_of(
        writers_, [](const auto& writer) { return !writer->has_sink() || writer->is_attached(); });
  };
  while (!attached()) {
    const std::uint64_t now_ns = base::monotonic_ns();
    if (now_ns >= deadline_ns) {
      return false;
    }
    pollfd poll{.fd = events_.fd(), .events = POLLIN, .revents = 0};
    ::poll(&poll, 1, static_cast<int>((deadline_ns - now_ns) / base::kNsPerMs) + 1);
    static_cast<void>(events_.take());  // the intake does not run yet: nothing is in it
  }
  return true;
}

void Graph::reopen() {
  for (const auto& writer : writers_) {
    writer->reopen();
  }
}

void Graph::rotate(const std::string& sink_name) {
  for (const auto& writer : writers_) {
    if (sink_name.empty() || writer->sink_name() == sink_name) {
      writer->rotate();
    }
  }
}

void Graph::tap(const std::string& sink_name, base::Fd pipe) {
  if (WriterThread* writer = find_writer(sink_name); writer != nullptr) {
    writer->tap(std::move(pipe));
  }
}

void Graph::manage_spool(const SpoolMessage& message, base::Fd reply) {
  if (WriterThread* writer = find_writer(message.sink); writer != nullptr) {
    writer->manage_spool(message.action, std::move(reply));
  }
}

void Graph::add_dead_letters(const DeadLettersMessage& message, base::Fd pipe) {
  dead_letters_.add(message.sink, std::move(pipe), message.had_writer);
}

void Graph::begin_drain() {
  tell_idle_.store(true);
  intake_->drain();
}

void Graph::begin_retiring() {
  tell_idle_.store(true);
  stop_intake();
  on_intake_drained();
}

void Graph::on_intake_drained() {
  for (auto& [id, service] : services_) {
    service.drain_to = service.feed->ring.commit().head;
  }
  for (const auto& writer : writers_) {
    writer->end_input();
  }
}

bool Graph::is_delivered() const {
  return std::ranges::all_of(services_, [this](const auto& entry) {
    return all_passed(state_, entry.second.feed->ring, entry.second.drain_to);
  });
}

}  // namespace logging
