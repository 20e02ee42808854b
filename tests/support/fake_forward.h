// A strict receiver of Fluentd's forward protocol for tests, written from protocol card 14: all
// four modes, EventTime or seconds, `size` as many events as there are, gzip where `compressed`
// says so, and the handshake where it has a shared key.
//
// What it acknowledges is in events(), before the acknowledgement is sent. What is wrong is in
// problems(). Threads: its own; all functions from any.
#pragma once

#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fake_peers.h"

namespace support {

class FakeForward {
 public:
  enum class Act {
    kAcknowledge,
    kWrongAck,  // stores nothing and acknowledges another chunk
    kNoAck,     // stores the chunk and never says so
    kClose,     // stores the chunk; the connection is gone before its acknowledgement
    kReset,     // reads the first byte, then resets
    kRefuse,    // PONG false
  };
  struct Options {
    std::string shared_key{};
    std::string username{};  // asks for a user
    std::string password{};
    std::uint16_t port = 0;
  };
  struct Event {
    std::string tag;
    std::string record;  // JSON
    std::uint64_t time_ns = 0;
    std::string chunk;
  };

  FakeForward() : FakeForward(Options{}) {}
  explicit FakeForward(Options options);

  /// Of the first connections; then kAcknowledge for ever.
  void script(std::vector<Act> acts);
  void stop() { peers_.stop(); }
  [[nodiscard]] std::uint16_t port() const { return peers_.port(); }
  [[nodiscard]] std::string address() const { return peers_.address(); }

  [[nodiscard]] std::vector<Event> events() const;
  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] int compressed_chunks() const;
  [[nodiscard]] int connections() const;

 private:
  struct Request {
    std::vector<Event> events;
    std::string chunk;  // what is to be acknowledged
  };
  void serve(FakePeer& peer);
  [[nodiscard]] bool greet(FakePeer& peer, Act act);
  [[nodiscard]] std::optional<Request> read_request(const nlohmann::json& value);
  [[nodiscard]] bool read_entries(const std::string& tag, std::string packed,
                                  const nlohmann::json& option, Request& request);
  [[nodiscard]] bool add_event(const std::string& tag, const nlohmann::json& time,
                               const nlohmann::json& record, Request& request);
  [[nodiscard]] bool answer(FakePeer& peer, Act act, const Request& request);
  [[nodiscard]] Act next_act();
  bool tell(std::string problem);  // false

  Options options_;
  mutable std::mutex mutex_;
  std::deque<Act> script_;
  std::vector<Event> events_;
  std::vector<std::string> problems_;
  int compressed_ = 0;
  int connections_ = 0;
  FakePeers peers_;  // last: it uses all of the above
};

}  // namespace support
