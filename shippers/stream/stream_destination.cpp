#include "shippers/stream/stream_destination.h"

#include <curl/curl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "shippers/stream/dialogue_session.h"

namespace shippers {

namespace {

Verdict verdict_of(const base::Error& error) {
  switch (error.code) {
    case base::ErrorCode::kPermission:
      return Verdict::kPark;
    case base::ErrorCode::kLimit:
      return Verdict::kSplit;  // down to the datagram that is too large
    case base::ErrorCode::kInvalid:
    case base::ErrorCode::kNotFound:
    case base::ErrorCode::kExists:
    case base::ErrorCode::kTimeout:
    case base::ErrorCode::kSystem:
    case base::ErrorCode::kDamaged:
    case base::ErrorCode::kUnavailable:
      break;
  }
  return Verdict::kRetry;
}

int wait_ms(std::uint64_t due_at_ns, std::uint64_t now_ns) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  constexpr std::uint64_t kLongestMs = 60'000;
  const std::uint64_t left = due_at_ns > now_ns ? due_at_ns - now_ns : 0;
  return static_cast<int>(std::min((left + kNsPerMs - 1) / kNsPerMs, kLongestMs));
}

}  // namespace

StreamDestination::StreamDestination(const Options& options, const logging::NetworkConfig& network,
                                     std::unique_ptr<StreamFormat> format)
    : format_(std::move(format)) {
  dial_.endpoint = options.endpoint;
  dial_.timeout_ms = network.timeout.ms();
  dial_.tls = network.tls;
  dial_.proxy = network.proxy;
  dial_.giving_up = &stopping_;
  session_.framing = format_->framing();
  session_.confirm = options.confirm;
  session_.timeout_ns = network.timeout.ns;
}

StreamDestination::~StreamDestination() {
  if (thread_.joinable()) {
    stopping_.store(true);
    ring();
    thread_.join();
    ::curl_global_cleanup();
  }
}

base::Result<void> StreamDestination::start() {
  if (thread_.joinable()) {
    return {};
  }
  event_ = base::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event_.valid()) {
    return base::fail_errno("cannot make an event");
  }
  ::curl_global_init(CURL_GLOBAL_DEFAULT);
  thread_ = std::thread([this] { run(); });
  return {};
}

base::Result<StreamRequest> StreamDestination::make_request(std::uint64_t id,
                                                            std::span<const SpoolEvent> events) {
  TRY(start());
  TRY_ASSIGN(const std::string lead, format_->read_lead());
  StreamRequest request;
  request.id = id;
  request.key = events.front().key;
  for (const SpoolEvent& event : events) {
    if (dial_.endpoint.kind == base::Endpoint::Kind::kUdp) {
      format_->append_datagrams(lead + std::string(event.text), request.bytes, request.ends);
      continue;
    }
    request.bytes += lead;
    request.bytes += event.text;
    request.ends.push_back(request.bytes.size());
  }
  return request;
}

void StreamDestination::send(std::uint64_t id, std::span<const SpoolEvent> events) {
  auto request = make_request(id, events);
  if (!request) {
    Outcome outcome;
    outcome.verdict = Verdict::kPark;
    outcome.reason = request.error().message;
    answer_(id, std::move(outcome));
    return;
  }
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(std::move(*request));
  }
  ring();
}

void StreamDestination::hurry() {
  if (event_.valid() && !hurry_.exchange(true)) {
    ring();
  }
}

void StreamDestination::ring() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof(one));
}

std::vector<StreamRequest> StreamDestination::take_requests() {
  const std::scoped_lock lock(mutex_);
  std::vector<StreamRequest> taken(std::make_move_iterator(requests_.begin()),
                                   std::make_move_iterator(requests_.end()));
  requests_.clear();
  return taken;
}

void StreamDestination::run() {
  while (!stopping_.load()) {
    bool any = false;
    {
      const std::scoped_lock lock(mutex_);
      any = !requests_.empty();
    }
    if (!any) {
      wait(nullptr);
      continue;
    }
    auto connection = dial(dial_);
    if (stopping_.load()) {
      return;
    }
    if (!connection) {
      for (const StreamRequest& request : take_requests()) {
        answer_failed({.id = request.id}, connection.error());
      }
      continue;
    }
    serve(*open_session(std::move(*connection)));
  }
}

std::unique_ptr<Session> StreamDestination::open_session(
    std::unique_ptr<Connection> connection) const {
  const std::uint64_t now_ns = base::monotonic_ns();
  auto dialogue = format_->start_dialogue();
  if (dialogue == nullptr) {
    return std::make_unique<StreamSession>(std::move(connection), session_, now_ns);
  }
  return std::make_unique<DialogueSession>(std::move(connection), std::move(dialogue),
                                           session_.timeout_ns, now_ns);
}

void StreamDestination::serve(Session& session) {
  while (!stopping_.load()) {
    const std::uint64_t now_ns = base::monotonic_ns();
    if (session.is_open()) {
      for (const StreamRequest& request : take_requests()) {
        session.add(request, now_ns);
      }
    }
    const bool was_open = session.is_open();
    session.step(hurry_.load(), now_ns);
    if (was_open && !session.is_open()) {
      hurry_.store(false);  // what was waited for is on its way
    }
    answer_confirmed(session);
    if (session.has_ended()) {
      if (session.error()) {
        for (const Unconfirmed& request : session.unconfirmed()) {
          answer_failed(request, *session.error());
        }
      }
      return;
    }
    wait(&session);
  }
}

/// Until something happens to the session, or somebody rings.
void StreamDestination::wait(const Session* session) {
  std::array<pollfd, 2> polls{{{.fd = event_.get(), .events = POLLIN, .revents = 0},
                               {.fd = -1, .events = 0, .revents = 0}}};
  int timeout_ms = -1;
  if (session != nullptr) {
    polls[1].fd = session->fd();
    polls[1].events = session->poll_events();
    timeout_ms = wait_ms(session->due_at_ns(), base::monotonic_ns());
  }
  ::poll(polls.data(), polls.size(), timeout_ms);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof(count));
}

void StreamDestination::answer_confirmed(Session& session) {
  for (const std::uint64_t id : session.take_confirmed()) {
    answer_(id, Outcome{});
  }
}

void StreamDestination::answer_failed(const Unconfirmed& request, const base::Error& error) {
  Outcome outcome;
  outcome.reason = error.message;
  outcome.verdict = request.arrived == 0 ? verdict_of(error) : Verdict::kAccepted;
  for (std::uint32_t event = request.arrived; request.arrived > 0 && event < request.messages;
       ++event) {
    outcome.exceptions.push_back({event, verdict_of(error)});
  }
  answer_(request.id, std::move(outcome));
}

}  // namespace shippers
