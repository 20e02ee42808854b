#include "supervisor/router_link/router_link.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/clock.h"
#include "base/unix_socket.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/programs.h"

namespace supervisor {

using base::Error;
using base::Fd;
using base::Result;
using logging::HandoffLimits;

namespace {

constexpr std::uint64_t kRestartFirstMs = 10;
constexpr std::uint64_t kRestartMaxMs = 1'000;
constexpr std::uint32_t kFailuresBeforeTelling = 5;
constexpr std::uint64_t kStableAfterNs = 10 * base::kNsPerSecond;
constexpr std::uint64_t kSendRetryMs = 10;
constexpr int kHandoffFdInChild = 3;
constexpr int kStagingPipeBytes = 1 << 20;

}  // namespace

RouterLink::RouterLink(Parts parts)
    : parts_(std::move(parts)),
      change_timer_(parts_.loop, [this] { kill_router(); }),
      retry_timer_(parts_.loop, [this] { pump(); }),
      restart_timer_(parts_.loop, [this] { launch(); }),
      leftover_timer_(parts_.loop, [this] { look_at_leftovers(); }) {}

RouterLink::~RouterLink() = default;

Result<std::unique_ptr<RouterLink>> RouterLink::open(Parts parts,
                                                     const logging::RouterConfig& config) {
  std::unique_ptr<RouterLink> link(new RouterLink(std::move(parts)));
  TRY(link->make_shared_objects());
  TRY(link->encode_config(config));
  return link;
}

Result<void> RouterLink::make_shared_objects() {
  const std::string& fallback = parts_.runtime_directory;
  TRY_ASSIGN(state_, logging::create_router_state(fallback));
  TRY_ASSIGN(auto view, logging::RouterStateView::open(state_.get()));
  state_view_.emplace(std::move(view));
  TRY_ASSIGN(staging_, base::make_pipe());
  // As large as the system lets us; a smaller one only means smaller reads.
  for (int bytes = kStagingPipeBytes;
       bytes > 65'536 && ::fcntl(staging_.write.get(), F_SETPIPE_SZ, bytes) < 0; bytes /= 2) {
  }
  return {};
}

Result<void> RouterLink::encode_config(const logging::RouterConfig& config) {
  std::vector<std::byte> encoded = base::Encoder::encode(config);
  TRY_ASSIGN(base::Fd memory, base::make_memory_file("birl-router-config", encoded.size(),
                                                     parts_.runtime_directory));
  if (::pwrite(memory.get(), encoded.data(), encoded.size(), 0) !=
      static_cast<ssize_t>(encoded.size())) {
    return base::fail_errno("cannot write the router's configuration");
  }
  config_ = std::move(encoded);
  config_memory_ = std::move(memory);
  return {};
}

ServiceLogs* RouterLink::find_service(std::uint32_t service_id) {
  const auto found = std::ranges::find_if(services_, [service_id](const auto& logs) {
    return logs->identity().service_id == service_id;
  });
  return found == services_.end() ? nullptr : found->get();
}

void RouterLink::start() {
  launch();
}

void RouterLink::launch() {
  auto pair = base::make_socket_pair();
  if (!pair || !base::set_nonblocking(pair->first.get(), true)) {
    parts_.diag.error("cannot start the router: no socket pair; trying again");
    schedule_restart();
    return;
  }
  socket_ = std::move(pair->first);
  auto poll = base::Poll::open(parts_.loop, socket_.get(), base::Poll::kReadable,
                               [this](int events) { on_socket(events); });
  if (!poll) {
    parts_.diag.error("{}", poll.error().message);
    schedule_restart();
    return;
  }
  socket_poll_.emplace(std::move(*poll));
  SpawnRequest request;
  request.name = "router";
  request.executable = parts_.router_binary.get();
  request.argv = {std::string(kRouterName), "router", std::to_string(kHandoffFdInChild)};
  request.environment = parts_.environment;
  request.fds = {{.source = pair->second.get(), .target = kHandoffFdInChild}};
  const auto pid = parts_.launcher.launch(
      request, [this](const SpawnOutcome& outcome) { on_launched(outcome); });
  if (!pid) {
    parts_.diag.error("cannot start the router: {}", pid.error().message);
    take_down();
    schedule_restart();
    return;
  }
  pid_ = *pid;
  if (const auto added = last_resort_add({.pid = pid_, .role = LastResortRole::kRouter}); !added) {
    parts_.diag.warn("{}", added.error().message);
  }
  begin_handing_over();
}

void RouterLink::on_launched(const SpawnOutcome& outcome) {
  if (!outcome.started) {
    // Its exit follows and schedules the restart.
    parts_.diag.error("{}", outcome.error.message);
  }
}

void RouterLink::begin_handing_over() {
  hello_sent_ = false;
  go_sent_ = false;
  services_sent_ = 0;
  dead_letters_sent_ = 0;
  unacknowledged_ = 0;
  resend_.clear();
  queue_.clear();
  if (drain_deadline_ns_) {
    enqueue(logging::DrainMessage{.deadline_monotonic_ns = *drain_deadline_ns_});
  }
  for (const auto& logs : services_) {
    send_awaited(*logs);
  }
  pump();
}

void RouterLink::take_down() {
  socket_poll_.reset();
  socket_.reset();
  retry_timer_.stop();
  pid_ = 0;
  ready_ = false;
  queue_.clear();
  change_timer_.stop();
  for (const auto& logs : services_) {
    logs->forget_close_requests();
  }
}

void RouterLink::kill_router() const {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
  }
}

bool RouterLink::on_child_exited(pid_t pid, const ExitStatus& exit) {
  if (pid != pid_ || pid == 0) {
    return false;
  }
  last_was_killed_ = exit.kind == ExitKind::kSignaled && exit.signal == SIGKILL;
  if (changing_) {
    take_down();
    settle_change();
    launch();
    return true;
  }
  const bool was_stable = ready_ && base::monotonic_ns() - ready_since_ns_ > kStableAfterNs;
  take_down();
  if (was_stable) {
    failures_in_a_row_ = 0;
  }
  if (drain_deadline_ns_ && base::monotonic_ns() >= *drain_deadline_ns_) {
    parts_.owner.on_router_drained(false);
    return true;
  }
  parts_.diag.warn("the router ended ({}); starting it again", exit.describe());
  ++restarts_;
  schedule_restart();
  return true;
}

void RouterLink::schedule_restart() {
  const std::uint32_t failures = failures_in_a_row_++;
  if (failures + 1 == kFailuresBeforeTelling) {
    parts_.owner.on_router_failing("the router ended several times in a row");
  }
  const std::uint64_t delay_ms =
      failures == 0 ? 0 : std::min(kRestartMaxMs, kRestartFirstMs << std::min(failures - 1, 10U));
  restart_timer_.start_once(delay_ms);
}

RouterLink::Outgoing RouterLink::service_outgoing(const ServiceLogs& logs) const {
  Outgoing out{.bytes = logging::encode_message(logs.message()), .fds = {logs.ring_fd()}};
  if (logs.mirror_fd() >= 0) {
    out.fds.push_back(logs.mirror_fd());
  }
  for (const ServicePipe& pipe : logs.pipes()) {
    out.fds.push_back(pipe.read.get());
  }
  return out;
}

bool RouterLink::next_to_send(Outgoing& out) {
  if (!hello_sent_) {
    out = {.bytes = logging::encode_message(logging::HelloMessage{
               .config_bytes = config_.size(), .last_was_killed = last_was_killed_}),
           .fds = {state_.get(), config_memory_.get(), staging_.read.get(), staging_.write.get(),
                   message_fd_}};
    if (file_records_.valid()) {
      out.fds.push_back(file_records_.get());
    }
    return true;
  }
  if (changing_) {
    // All but the request to retire is for the next one.
    if (queue_.empty()) {
      return false;
    }
    out = queue_.front();
    return true;
  }
  if (unacknowledged_ < HandoffLimits::kUnacknowledgedMax && !resend_.empty()) {
    out = service_outgoing(*find_service(resend_.front()));
    return true;
  }
  if (unacknowledged_ < HandoffLimits::kUnacknowledgedMax && services_sent_ < services_.size()) {
    out = service_outgoing(*services_[services_sent_]);
    return true;
  }
  const bool all_handed_over =
      services_sent_ == services_.size() && resend_.empty() && unacknowledged_ == 0;
  if (!go_sent_ && all_handed_over) {
    out = dead_letters_sent_ < dead_letters_.size()
              ? dead_letters_outgoing()
              : Outgoing{.bytes = logging::encode_message(logging::GoMessage{}), .fds = {}};
    return true;
  }
  if (go_sent_ && !queue_.empty()) {
    out = queue_.front();
    return true;
  }
  return false;
}

bool RouterLink::send(const Outgoing& out) {
  const Result<void> sent = base::send_message(socket_.get(), out.bytes, out.fds);
  if (sent) {
    return true;
  }
  if (sent.error().code == base::ErrorCode::kLimit) {
    retry_timer_.start_once(kSendRetryMs);
  }
  // Anything else means that it is dying; the reaper tells us soon.
  return false;
}

void RouterLink::pump() {
  Outgoing out;
  while (socket_.valid() && next_to_send(out) && send(out)) {
    if (changing_) {
      queue_.pop_front();
    } else if (!hello_sent_) {
      hello_sent_ = true;
    } else if (unacknowledged_ < HandoffLimits::kUnacknowledgedMax && !resend_.empty()) {
      resend_.pop_front();
      ++unacknowledged_;
    } else if (services_sent_ < services_.size() &&
               unacknowledged_ < HandoffLimits::kUnacknowledgedMax) {
      ++services_sent_;
      ++unacknowledged_;
    } else if (!go_sent_ && dead_letters_sent_ < dead_letters_.size()) {
      dead_letters_[dead_letters_sent_++].had_writer = true;
    } else if (!go_sent_) {
      go_sent_ = true;
    } else {
      queue_.pop_front();
    }
  }
}

void RouterLink::on_socket(int /*events*/) {
  while (socket_.valid()) {
    auto received = base::receive_message(socket_.get());
    if (!received) {
      // Closed or broken: the exit of the process follows; a router that lives without its socket
      // would be useless, so it is ended.
      socket_poll_.reset();
      kill_router();
      return;
    }
    if (!*received) {
      break;
    }
    on_message(**received);
  }
  pump();
}

void RouterLink::on_message(const base::Message& message) {
  const auto kind = logging::message_kind(message.bytes);
  const auto give_up = [this](const Error& error) {
    parts_.diag.error("cannot understand the router ({}); ending it", error.message);
    kill_router();
  };
  if (!kind) {
    give_up(kind.error());
    return;
  }
  if (*kind == logging::MessageKind::kReady) {
    ready_ = true;
    ready_since_ns_ = base::monotonic_ns();
    retired_in_rings_.clear();
    for (const auto& logs : services_) {
      close_oldest_pipes(*logs);  // what its predecessor was asked for, or could not be
    }
    parts_.owner.on_router_ready();
  } else if (*kind == logging::MessageKind::kAck) {
    const auto ack = logging::decode_message<logging::AckMessage>(message.bytes);
    ack ? on_ack(*ack) : give_up(ack.error());
  } else if (*kind == logging::MessageKind::kPipeEnded) {
    const auto ended = logging::decode_message<logging::PipeEndedMessage>(message.bytes);
    ended ? on_pipe_ended(*ended) : give_up(ended.error());
  } else if (*kind == logging::MessageKind::kLineSeen) {
    const auto seen = logging::decode_message<logging::LineSeenMessage>(message.bytes);
    seen ? on_line_seen(*seen) : give_up(seen.error());
  } else if (*kind == logging::MessageKind::kDrained) {
    const auto drained = logging::decode_message<logging::DrainedMessage>(message.bytes);
    drained ? parts_.owner.on_router_drained(drained->complete) : give_up(drained.error());
  } else {
    give_up(Error{.code = base::ErrorCode::kDamaged, .sys_errno = 0, .message = "wrong kind"});
  }
}

void RouterLink::on_ack(const logging::AckMessage& ack) {
  unacknowledged_ -= unacknowledged_ > 0 ? 1 : 0;
  ServiceLogs* logs = find_service(ack.service_id);
  if (!ack.accepted && logs != nullptr) {
    replace_damaged_ring(*logs, ack.error);
  }
}

void RouterLink::on_pipe_ended(const logging::PipeEndedMessage& ended) {
  if (ServiceLogs* logs = find_service(ended.service_id)) {
    logs->pipe_ended(ended.slot);
  }
}

void RouterLink::announce_pipes(ServiceLogs& logs, std::uint16_t incarnation) {
  // A service that was not sent yet takes its pipes along in its own message.
  const auto sent = std::span(services_).first(services_sent_);
  if (!socket_.valid() ||
      std::ranges::find(sent, &logs, &std::unique_ptr<ServiceLogs>::get) == sent.end()) {
    return pump();
  }
  const std::uint32_t service_id = logs.identity().service_id;
  for (const ServicePipe& pipe : logs.pipes()) {
    if (pipe.info.incarnation == incarnation) {
      enqueue(logging::PipeMessage{.service_id = service_id, .pipe = pipe.info}, {pipe.read.get()});
    }
  }
  close_oldest_pipes(logs);
  pump();
}

void RouterLink::close_oldest_pipes(ServiceLogs& logs) {
  for (const std::uint32_t slot : logs.take_slots_to_close()) {
    enqueue(logging::ClosePipeMessage{.service_id = logs.identity().service_id, .slot = slot});
  }
}

}  // namespace supervisor
