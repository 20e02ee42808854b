#include "logging/router/sink_queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/file_system.h"
#include "logging/handoff/ring_create.h"
#include "logging/handoff/ring_recover.h"
#include "logging/handoff/shared_slot.h"

namespace logging {

namespace {

constexpr std::uint32_t kDirectoryMode = 0700;

/// No other ring of this boot or an earlier one has it: PID 1 counts its own from the boot's time.
std::uint64_t new_ring_id() {
  return base::realtime_ns();
}

/// The consumer of `source` begins to be counted by the queue.
base::Result<void> write_origin(int fd, const RingConsumer& source) {
  TRY_ASSIGN(RingMap ring, RingMap::open(fd, base::Access::kReadWrite));
  RingHeader& header = ring.header();
  header.origin.settled_sequence = source.settled_sequence();
  header.origin.dropped = source.dropped();
  CommitSlot empty = ring.commit();
  empty.take = {.from = source.cursor(), .to = source.cursor()};
  ring.publish(empty);
  header.origin.source_ring_id = source.ring_id();
  return {};
}

base::Result<base::Fd> open_queue(const std::string& path, std::uint64_t source_ring_id) {
  base::Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) {
    return base::fail_errno(fmt::format("cannot open {}", path));
  }
  TRY_ASSIGN(const RingMap ring, RingMap::open(fd.get(), base::Access::kReadWrite));
  TRY(check_ring(ring));
  if (ring.header().origin.source_ring_id != source_ring_id) {
    return base::fail(base::ErrorCode::kDamaged, fmt::format("{} is another ring's queue", path));
  }
  return fd;
}

}  // namespace

std::string SinkQueue::file_name(std::uint64_t source_ring_id) const {
  return fmt::format("{}.{:x}", options_.config.name, source_ring_id);
}

bool SinkQueue::is_wanted(std::uint64_t source_ring_id) const {
  const std::string path = options_.directory + '/' + file_name(source_ring_id);
  return options_.config.has_queue() || ::access(path.c_str(), F_OK) == 0;
}

base::Result<base::Fd> SinkQueue::make_file(const Input& input, const std::string& path) const {
  base::RealFileSystem files;
  auto made = files.make_directories(options_.directory, kDirectoryMode, {});
  if (made) {
    ::unlink(path.c_str());
    auto file = create_queue_file(path, new_ring_id(), input.capacity);
    if (file) {
      return file;
    }
    made = tl::unexpected(file.error());
  }
  options_.diag.warn("sink {}: its queue of {} does not outlive the router: {}",
                     options_.config.name, input.service, made.error().message);
  return create_ring(new_ring_id(), input.capacity, options_.directory);
}

/// That of the router before, or a new one.
base::Result<base::Fd> SinkQueue::open_file(const Input& input) {
  const std::string name = file_name(input.source->ring_id());
  const std::string path = options_.directory + '/' + name;
  files_.insert(name);
  if (::access(path.c_str(), F_OK) == 0) {
    auto known = open_queue(path, input.source->ring_id());
    if (known) {
      return known;
    }
    options_.diag.error("sink {}: what its queue of {} held is lost: {}", options_.config.name,
                        input.service, known.error().message);
  }
  input.source->recover_spooled(0);  // nothing, unless a queue is lost
  TRY_ASSIGN(base::Fd fd, make_file(input, path));
  TRY(write_origin(fd.get(), *input.source));
  return fd;
}

base::Result<SinkQueue::Outlet> SinkQueue::add_input(Input input) {
  TRY_ASSIGN(const base::Fd fd, open_file(input));
  TRY_ASSIGN(RingMap ring, RingMap::open(fd.get(), base::Access::kReadWrite));
  auto queue = std::make_unique<Queue>();
  queue->feed = std::make_unique<RingFeed>(0, std::move(ring), -1);
  TRY_ASSIGN(auto consumer, claim_consumer(queue->feed->ring, sink_id_of(options_.config.name),
                                           ConsumerKind::kGating, nullptr));
  queue->source = std::move(input.source);
  queue->source->tell_losses(input.service);
  queue->feeder =
      std::make_unique<QueueFeeder>(QueueFeeder::Options{.service = input.service,
                                                         .policy = options_.config.policy(),
                                                         .stderr_severity = input.stderr_severity},
                                    *queue->source, queue->feed->ring);
  queue->feeder->recover();
  RingFeed& feed = *queue->feed;
  {
    const std::scoped_lock lock(mutex_);
    new_queues_.push_back(std::move(queue));
  }
  notify();
  return Outlet{.feed = feed, .consumer = std::move(consumer)};
}

void SinkQueue::start() {
  const bool has_inputs = [this] {
    const std::scoped_lock lock(mutex_);
    return !new_queues_.empty();
  }();
  if (has_inputs && !thread_.joinable()) {
    thread_ = std::thread([this] { run(); });
  }
}

void SinkQueue::stop() {
  stopping_.store(true);
  notify();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void SinkQueue::take_new_queues() {
  const std::scoped_lock lock(mutex_);
  std::ranges::move(new_queues_, std::back_inserter(queues_));
  new_queues_.clear();
}

void SinkQueue::run() {
  options_.busy.adopt_thread();
  while (!stopping_.load()) {
    const std::uint64_t now_ns = base::monotonic_ns();
    options_.busy.begin(now_ns);
    take_new_queues();
    bool progressed = false;
    bool settled = false;
    std::uint64_t due_ns = 0;
    for (const auto& queue : queues_) {
      settled = queue->feeder->settle() || settled;
      progressed = step(*queue, now_ns) || progressed;
      const std::uint64_t notice_ns = queue->feeder->due_ns();
      if (notice_ns > now_ns) {
        due_ns = due_ns == 0 ? notice_ns : std::min(due_ns, notice_ns);
      }
    }
    options_.busy.end();
    if (settled) {
      options_.on_idle();
    }
    if (!progressed) {
      waker_.wait(due_ns);
    }
  }
}

bool SinkQueue::step(Queue& queue, std::uint64_t now_ns) {
  const auto stepped = queue.feeder->step(now_ns);
  if (!stepped && !queue.told) {
    queue.told = true;
    options_.diag.error("sink {}: {}", options_.config.name, stepped.error().message);
  }
  if (stepped.value_or(false)) {
    options_.writer.notify();  // only then: it answers each time that it has nothing to do
    return true;
  }
  return false;
}

void remove_stale_queues(const std::string& directory, const std::set<std::string>& in_use) {
  base::RealFileSystem files;
  const auto names = files.list(directory);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    if (!in_use.contains(name)) {
      static_cast<void>(files.remove(directory + '/' + name));
    }
  }
}

}  // namespace logging
