#include "supervisor/router_link/service_logs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "logging/handoff/ring_create.h"

namespace supervisor {

using base::ErrorCode;
using base::Fd;
using base::Result;
using logging::RingLimits;
using logging::Stream;

Result<ServiceLogs> ServiceLogs::create(Identity identity, std::uint64_t ring_id,
                                        std::uint64_t capacity,
                                        const std::string& fallback_directory) {
  ServiceLogs logs(std::move(identity));
  TRY(logs.replace_ring(ring_id, capacity, fallback_directory));
  return logs;
}

Result<void> ServiceLogs::replace_ring(std::uint64_t ring_id, std::uint64_t capacity,
                                       const std::string& fallback_directory) {
  TRY_ASSIGN(Fd ring, logging::create_ring(ring_id, capacity, fallback_directory));
  TRY_ASSIGN(auto view, logging::RingView::open(ring.get(), logging::RingView::Extent::kHeaders));
  ring_ = std::move(ring);
  mirror_.reset();
  ring_path_.clear();
  view_.emplace(std::move(view));
  return {};
}

Result<ServiceLogs> ServiceLogs::adopt(Identity identity, RingFile file,
                                       const std::string& fallback_directory) {
  ServiceLogs logs(std::move(identity));
  logs.incarnation_ = file.info.incarnation;
  TRY(logs.replace_ring(std::move(file), fallback_directory));
  return logs;
}

Result<void> ServiceLogs::replace_ring(RingFile file, const std::string& fallback_directory) {
  TRY(replace_ring(file.info.ring_id, file.info.capacity, fallback_directory));
  mirror_ = std::exchange(ring_, std::move(file.fd));
  ring_path_ = std::move(file.info.path);
  return {};
}

std::optional<std::uint32_t> ServiceLogs::free_slot() const {
  for (std::uint32_t slot = 0; slot < RingLimits::kPipes; ++slot) {
    const auto uses = [slot](const ServicePipe& pipe) { return pipe.info.slot == slot; };
    if (std::ranges::none_of(pipes_, uses)) {
      return slot;
    }
  }
  return std::nullopt;
}

Result<Fd> ServiceLogs::add_pipe(Stream stream, uid_t uid, gid_t gid) {
  const std::optional<std::uint32_t> slot = free_slot();
  if (!slot) {
    return base::fail(ErrorCode::kLimit,
                      "cannot open log pipes: processes of earlier runs still hold them all");
  }
  TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
  // Without the right to give the pipe away only /dev/stdout stays closed to the service.
  [[maybe_unused]] const int owned = ::fchown(pipe.write.get(), uid, gid);
  pipes_.push_back({.info = {.slot = *slot, .stream = stream, .incarnation = incarnation_},
                    .read = std::move(pipe.read)});
  return std::move(pipe.write);
}

Result<IncarnationPipes> ServiceLogs::open_incarnation(uid_t uid, gid_t gid) {
  ++incarnation_;
  IncarnationPipes ends{.incarnation = incarnation_, .stdout_write = {}, .stderr_write = {}};
  TRY_ASSIGN(ends.stdout_write, add_pipe(Stream::kStdout, uid, gid));
  auto second = add_pipe(Stream::kStderr, uid, gid);
  if (!second) {
    pipes_.pop_back();  // the router was not told of the first one yet
    return tl::unexpected(std::move(second).error());
  }
  ends.stderr_write = std::move(*second);
  return ends;
}

Result<Fd> ServiceLogs::open_message_pipe(Stream stream) {
  TRY_ASSIGN(Fd write, add_pipe(stream, ::geteuid(), ::getegid()));
  TRY(base::set_nonblocking(write.get(), true));
  return write;
}

void ServiceLogs::pipe_ended(std::uint32_t slot) {
  std::erase_if(pipes_, [slot](const ServicePipe& pipe) { return pipe.info.slot == slot; });
}

std::vector<std::uint16_t> ServiceLogs::incarnations() const {
  std::vector<std::uint16_t> found;
  for (const ServicePipe& pipe : pipes_) {
    if (found.empty() || found.back() != pipe.info.incarnation) {
      found.push_back(pipe.info.incarnation);
    }
  }
  return found;
}

std::vector<std::uint32_t> ServiceLogs::take_slots_to_close() {
  std::vector<std::uint32_t> slots;
  const std::vector<std::uint16_t> living = incarnations();
  if (living.size() < RingLimits::kIncarnations) {
    return slots;
  }
  // One generation goes while the newest still has room, so that the next start finds a slot.
  for (ServicePipe& pipe : pipes_) {
    if (pipe.info.incarnation == living.front() && !pipe.closing) {
      pipe.closing = true;
      slots.push_back(pipe.info.slot);
    }
  }
  return slots;
}

void ServiceLogs::forget_close_requests() {
  for (ServicePipe& pipe : pipes_) {
    pipe.closing = false;
  }
}

logging::ServiceMessage ServiceLogs::message() const {
  logging::ServiceMessage message{.service_id = identity_.service_id,
                                  .name = identity_.name,
                                  .sinks = identity_.sinks,
                                  .pipes = {},
                                  .has_mirror = mirror_.valid()};
  for (const ServicePipe& pipe : pipes_) {
    message.pipes.push_back(pipe.info);
  }
  return message;
}

bool is_delivered(const ServiceLogs& logs) {
  // In a file of an earlier life the beginnings of lines wait until the router has closed them.
  const logging::CommitSlot commit = logs.view().commit();
  return logs.pipes().empty() &&
         std::ranges::none_of(commit.carry, [](const auto& carry) { return carry.bytes > 0; }) &&
         std::ranges::all_of(logs.view().consumers(),
                             [](const auto& consumer) { return consumer.buffered == 0; });
}

}  // namespace supervisor
