// A strict receiver of Lumberjack v2 for tests, written from protocol card 3.3: a window first,
// exactly its count of events, sequences from 1 without a gap, each event a JSON object, and a
// compressed frame that holds the whole window.
//
// What an acknowledgement covers is in events(), before it is sent. What is wrong is in problems().
// Threads: its own; all functions from any.
#pragma once

#include <deque>

#include "tests/support/fake_peers.h"

namespace support {

class FakeLumberjack {
 public:
  enum class Act {
    kAcknowledge,   // each window at its end
    kInParts,       // its half, then the rest
    kHalfAndClose,  // its half, then the connection is gone
    kKeepAlive,     // three acknowledgements of 0, then as it should
    kClose,         // reads a window, then the connection is gone
    kReset,         // reads the head of a window, then resets
    kHang,          // reads and never answers
    kTooMuch,       // acknowledges one event more than there are
  };

  explicit FakeLumberjack(std::uint16_t port = 0);

  /// Of the first connections; then kAcknowledge for ever.
  void script(std::vector<Act> acts);
  void stop() { peers_.stop(); }
  [[nodiscard]] std::uint16_t port() const { return peers_.port(); }
  [[nodiscard]] std::string address() const { return peers_.address(); }

  [[nodiscard]] std::vector<std::string> events() const;
  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] int compressed_windows() const;

 private:
  void serve(FakePeer& peer);
  [[nodiscard]] bool read_window(FakePeer& peer, std::uint32_t count,
                                 std::vector<std::string>& events);
  [[nodiscard]] bool read_packed(FakePeer& peer, std::uint32_t count,
                                 std::vector<std::string>& events);
  [[nodiscard]] bool check_event(std::uint32_t sequence, std::uint32_t expected,
                                 const std::string& text);
  [[nodiscard]] bool answer(FakePeer& peer, Act act, const std::vector<std::string>& events);
  void store(const std::vector<std::string>& events, std::size_t first, std::size_t end);
  [[nodiscard]] Act next_act();
  bool tell(std::string problem);  // false

  mutable std::mutex mutex_;
  std::deque<Act> script_;
  std::vector<std::string> events_;
  std::vector<std::string> problems_;
  int compressed_ = 0;
  FakePeers peers_;  // last: it uses all of the above
};

}  // namespace support
