// A strict receiver of byte streams and datagrams for tests: syslog servers and the like.
//
//     FakeStream server({.framing = FakeStream::Framing::kOctet});
//     server.script({FakeStream::Act::kReset});    // of the first connection; then kRead for ever
//     ... address = server.address() ...
//     EXPECT_THAT(server.messages(), ...);
//
// It stores what it has read before it takes it off the kernel, so a message counts exactly when it
// is stored, whatever happens to the connection. What does not follow the framing is in problems().
// Threads: its own; all functions from any.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace support {

class FakeStream {
 public:
  enum class Kind { kTcp, kUnixStream, kUdp, kUnixDatagrams };
  enum class Framing { kOctet, kNewline, kNul };
  enum class Act {
    kRead,       // everything, to the end, then closes
    kReset,      // stores what comes first, then the connection is gone
    kSlow,       // a few bytes at a time, out of a small buffer
    kHang,       // reads nothing until release()
    kNeverClose  // reads everything and stays
  };
  struct Options {
    Kind kind = Kind::kTcp;
    Framing framing = Framing::kNewline;
    std::string path{};      // of a Unix socket
    std::uint16_t port = 0;  // 0: any
  };

  explicit FakeStream(Options options);
  ~FakeStream();
  FakeStream(const FakeStream&) = delete;
  FakeStream& operator=(const FakeStream&) = delete;

  /// Gone at once, as if it had been killed; what it stored can still be asked for.
  void stop();

  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }

  void script(std::vector<Act> acts);
  void set_usual(Act act);
  /// Those that hang go on.
  void release();

  [[nodiscard]] std::vector<std::string> messages() const;
  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] int connections() const;

 private:
  void run();
  void run_datagrams();
  void serve(int fd, Act act);
  [[nodiscard]] bool wait_readable(int fd) const;
  [[nodiscard]] Act next_act();
  void store(std::string& input, std::string_view fresh);
  [[nodiscard]] bool take_message(std::string& input);
  void tell(std::string problem);

  Options options_;
  base::Fd socket_;
  base::Fd stop_;     // readable: the end
  base::Fd release_;  // readable: nobody hangs any more
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  std::deque<Act> script_;
  Act usual_ = Act::kRead;
  std::vector<std::string> messages_;
  std::vector<std::string> problems_;
  int accepted_ = 0;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

}  // namespace support
