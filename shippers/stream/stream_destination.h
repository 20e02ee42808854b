// A receiver of a byte stream or of datagrams as a destination: syslog and its relatives, which
// never answer, and protocols of their own that do.
//
// A thread of its own connects, writes and confirms (session.h); all of it blocks in a name server
// or a dead network without holding up the sink. Where nobody answers a connection takes up to
// StreamLimits::kRequests requests and no answer comes before the connection confirms them, so
// hurry() matters here.
// Threads: as destination.h says. Owner: the network sink.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "logging/network_config.h"
#include "shippers/network/destination.h"
#include "shippers/stream/connection.h"
#include "shippers/stream/stream_format.h"
#include "shippers/stream/stream_session.h"

namespace shippers {

class StreamDestination final : public Destination {
 public:
  struct Options {
    base::Endpoint endpoint;  // with a port
    logging::Confirm confirm = logging::Confirm::kClose;
  };
  StreamDestination(const Options& options, const logging::NetworkConfig& network,
                    std::unique_ptr<StreamFormat> format);
  ~StreamDestination() override;
  StreamDestination(const StreamDestination&) = delete;
  StreamDestination& operator=(const StreamDestination&) = delete;

  [[nodiscard]] RequestLimits limits() const override { return format_->limits(); }
  [[nodiscard]] bool is_one_key_a_request() const override {
    return format_->is_one_key_a_request();
  }
  void encode(const Line& line, std::string& key, std::string& text) const override {
    format_->encode(line, key, text);
  }
  [[nodiscard]] std::string shown(std::string_view text) const override {
    return format_->shown(text);
  }
  void set_answer(Answer answer) override { answer_ = std::move(answer); }
  void send(std::uint64_t id, std::span<const SpoolEvent> events) override;
  void refresh() override {}  // a token is read for each request
  void hurry() override;

 private:
  [[nodiscard]] base::Result<void> start();
  void run();
  [[nodiscard]] std::unique_ptr<Session> open_session(std::unique_ptr<Connection> connection) const;
  void serve(Session& session);
  void wait(const Session* session);
  void ring() const;
  [[nodiscard]] base::Result<StreamRequest> make_request(std::uint64_t id,
                                                         std::span<const SpoolEvent> events);
  [[nodiscard]] std::vector<StreamRequest> take_requests();
  void answer_confirmed(Session& session);
  void answer_failed(const Unconfirmed& request, const base::Error& error);

  DialOptions dial_;
  StreamSession::Options session_;
  std::unique_ptr<StreamFormat> format_;
  Answer answer_;
  base::Fd event_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> hurry_{false};
  std::mutex mutex_;
  std::deque<StreamRequest> requests_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace shippers
