#include "shippers/http/http_client.h"

#include <curl/curl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"
#include "shippers/http/http_transfer.h"

namespace shippers {

namespace {

/// The thread works while it lives.
class Busy {
 public:
  explicit Busy(logging::BusyStamp* stamp) : stamp_(stamp) {
    if (stamp_ != nullptr) {
      stamp_->begin(base::monotonic_ns());
    }
  }
  ~Busy() {
    if (stamp_ != nullptr) {
      stamp_->end();
    }
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  logging::BusyStamp* stamp_;
};

}  // namespace

class HttpClient::Network {
 public:
  void watch(logging::HangWatch& watch) {
    if (stamp_ == nullptr) {
      stamp_ = &watch.add(logging::BusyStamp::Limit::kCpuClock, "network");
    }
  }

  /// Sinks open and close their channels on threads of their own.
  [[nodiscard]] base::Result<std::uint64_t> add_channel(Answer answer) {
    const std::scoped_lock life(life_mutex_);
    TRY(start());
    const std::scoped_lock lock(mutex_);
    channels_.emplace(next_channel_, std::move(answer));
    return next_channel_++;
  }

  /// Answers are given under the lock, so none is on its way after this.
  void remove_channel(std::uint64_t channel) {
    const std::scoped_lock life(life_mutex_);
    bool any = false;
    {
      const std::scoped_lock lock(mutex_);
      channels_.erase(channel);
      any = !channels_.empty();
    }
    if (any) {
      ring();
    } else {
      stop();
    }
  }

  void send(std::unique_ptr<HttpTransfer> transfer) {
    {
      const std::scoped_lock lock(mutex_);
      new_transfers_.push_back(std::move(transfer));
    }
    ring();
  }

 private:
  [[nodiscard]] base::Result<void> start() {
    if (thread_.joinable()) {
      return {};
    }
    event_ = base::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event_.valid()) {
      return base::fail_errno("cannot make the network thread's event");
    }
    ::curl_global_init(CURL_GLOBAL_DEFAULT);
    stopping_.store(false);
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop() {
    stopping_.store(true);
    ring();
    thread_.join();
    ::curl_global_cleanup();
    const std::scoped_lock lock(mutex_);
    new_transfers_.clear();
  }

  void ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof(one));
  }

  void run();
  void set_up_multi();
  void on_ring();
  void start_transfers();
  void give_up_closed();
  void drive(curl_socket_t socket, int events);
  void take_finished();
  void remove(CURL* easy);
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* socket_data);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);

  logging::BusyStamp* stamp_ = nullptr;
  std::mutex life_mutex_;  // of the thread's start and stop; taken before mutex_

  // Shared.
  base::Fd event_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::map<std::uint64_t, Answer> channels_;
  std::deque<std::unique_ptr<HttpTransfer>> new_transfers_;
  std::uint64_t next_channel_ = 1;

  // The thread's own, while it runs.
  CURLM* multi_ = nullptr;
  base::Loop* loop_ = nullptr;
  std::optional<base::Timer> timer_;
  std::map<curl_socket_t, base::Poll> polls_;
  std::map<CURL*, std::unique_ptr<HttpTransfer>> transfers_;
  std::thread thread_;
};

void HttpClient::Network::run() {
  if (stamp_ != nullptr) {
    stamp_->adopt_thread();
  }
  base::Loop loop;
  loop_ = &loop;
  set_up_multi();
  timer_.emplace(loop, [this] { drive(CURL_SOCKET_TIMEOUT, 0); });
  auto wake =
      base::Poll::open(loop, event_.get(), base::Poll::kReadable, [this](int) { on_ring(); });
  ASSERT(wake.has_value());
  loop.run();
  while (!transfers_.empty()) {
    remove(transfers_.begin()->first);
  }
  ::curl_multi_cleanup(multi_);
  polls_.clear();
  timer_.reset();
}

void HttpClient::Network::set_up_multi() {
  multi_ = ::curl_multi_init();
  ASSERT(multi_ != nullptr);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

void HttpClient::Network::on_ring() {
  const Busy busy(stamp_);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof(count));
  if (stopping_.load()) {
    loop_->stop();
    return;
  }
  give_up_closed();
  start_transfers();
}

void HttpClient::Network::give_up_closed() {
  std::vector<CURL*> closed;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [easy, transfer] : transfers_) {
      if (!channels_.contains(transfer->channel())) {
        closed.push_back(easy);
      }
    }
  }
  for (CURL* easy : closed) {
    remove(easy);
  }
}

void HttpClient::Network::start_transfers() {
  std::deque<std::unique_ptr<HttpTransfer>> fresh;
  {
    const std::scoped_lock lock(mutex_);
    fresh.swap(new_transfers_);
  }
  for (auto& transfer : fresh) {
    CURL* easy = transfer->easy();
    transfers_.emplace(easy, std::move(transfer));
    ASSERT(::curl_multi_add_handle(multi_, easy) == CURLM_OK);
  }
}

void HttpClient::Network::remove(CURL* easy) {
  ::curl_multi_remove_handle(multi_, easy);
  transfers_.erase(easy);
}

void HttpClient::Network::drive(curl_socket_t socket, int events) {
  const Busy busy(stamp_);
  int running = 0;
  ::curl_multi_socket_action(multi_, socket, events, &running);
  take_finished();
}

void HttpClient::Network::take_finished() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    CURL* easy = message->easy_handle;
    HttpTransfer& transfer = *transfers_.at(easy);
    HttpResponse response = transfer.finish(message->data.result);
    {
      const std::scoped_lock lock(mutex_);
      const auto channel = channels_.find(transfer.channel());
      if (channel != channels_.end()) {
        channel->second(transfer.request(), std::move(response));
      }
    }
    remove(easy);
  }
}

int HttpClient::Network::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                                   void* /*socket_data*/) {
  auto& network = *static_cast<Network*>(self);
  if (what == CURL_POLL_REMOVE) {
    network.polls_.erase(socket);
    return 0;
  }
  const int wanted = ((what & CURL_POLL_IN) != 0 ? base::Poll::kReadable : 0) |
                     ((what & CURL_POLL_OUT) != 0 ? base::Poll::kWritable : 0);
  const auto events = static_cast<base::Poll::Events>(wanted);
  if (const auto found = network.polls_.find(socket); found != network.polls_.end()) {
    found->second.set_events(events);
    return 0;
  }
  auto poll = base::Poll::open(*network.loop_, socket, events, [&network, socket](int ready) {
    const int bits = ready == 0 ? CURL_CSELECT_ERR
                                : ((ready & base::Poll::kReadable) != 0 ? CURL_CSELECT_IN : 0) |
                                      ((ready & base::Poll::kWritable) != 0 ? CURL_CSELECT_OUT : 0);
    network.drive(socket, bits);
  });
  if (!poll) {
    return -1;  // libcurl fails the transfer
  }
  network.polls_.emplace(socket, std::move(*poll));
  return 0;
}

int HttpClient::Network::on_timer(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& network = *static_cast<Network*>(self);
  if (timeout_ms < 0) {
    network.timer_->stop();
  } else {
    network.timer_->start_once(static_cast<std::uint64_t>(timeout_ms));
  }
  return 0;
}

HttpClient::HttpClient() : network_(std::make_unique<Network>()) {}

HttpClient::~HttpClient() = default;

base::Result<std::uint64_t> HttpClient::open_channel(Answer answer) {
  return network_->add_channel(std::move(answer));
}

void HttpClient::watch(logging::HangWatch& watch) {
  network_->watch(watch);
}

void HttpClient::close_channel(std::uint64_t channel) {
  network_->remove_channel(channel);
}

void HttpClient::send(std::uint64_t channel, std::uint64_t request, HttpRequest content) {
  network_->send(std::make_unique<HttpTransfer>(channel, request, std::move(content)));
}

}  // namespace shippers
