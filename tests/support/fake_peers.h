// A TCP server on 127.0.0.1 for tests of protocols that answer: a thread for each connection, which
// the protocol's strict receiver serves (fake_lumberjack.h).
//
// Threads: its own; all functions from any.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace support {

/// One connection, as its receiver has it.
class FakePeer {
 public:
  FakePeer(int fd, int stop) : socket_(fd), stop_(stop) {}

  /// Waits for so many bytes. False: the other side or the server has ended.
  [[nodiscard]] bool read(std::size_t bytes, std::string& out);
  void write(std::string_view bytes);
  /// The connection is gone at once, with what was not read.
  void reset();
  /// Until the server ends or the other side does; reads on meanwhile.
  void hang();

 private:
  [[nodiscard]] bool wait() const;

  base::Fd socket_;
  int stop_;
  std::string input_;
};

class FakePeers {
 public:
  using Serve = std::function<void(FakePeer& peer, int connection)>;  // from 0

  explicit FakePeers(Serve serve, std::uint16_t port = 0);
  ~FakePeers();
  FakePeers(const FakePeers&) = delete;
  FakePeers& operator=(const FakePeers&) = delete;

  /// Gone at once, as if it had been killed.
  void stop();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  void run();

  Serve serve_;
  std::uint16_t port_;
  base::Fd listener_;
  base::Fd stop_;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

}  // namespace support
