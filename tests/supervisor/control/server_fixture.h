// A control server with a fake fleet in a directory of its own, and clients as plain sockets.
#pragma once

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/unix_socket.h"
#include "tests/supervisor/control/fake_port.h"
#include "tests/supervisor/control/loop_thread.h"

namespace supervisor {

inline std::size_t open_fds() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) {
    ++count;
  }
  ::closedir(directory);
  return count;
}

inline void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;  // the server has had enough of this client
    }
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Everything up to the end of the connection.
inline std::string read_all(int socket) {
  std::string all;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return all;
    }
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

class ControlServerTest : public testing::Test {
 protected:
  ControlServerTest() {
    ::mkdtemp(directory_.data());
    port_.services["web"] = {.state = "running", .ready = true, .starts = 1, .reason = {}};
    port_.services["db"] = {.state = "stopped", .ready = false, .starts = 0, .reason = {}};
    access_.user = ::geteuid();
  }
  ~ControlServerTest() override {
    server_.reset();
    ::unlink(path().c_str());
    ::rmdir(directory_.c_str());
  }

  void serve() { server_ = std::make_unique<LoopThread>(path(), port_, access_, limits_); }
  std::string path() const { return directory_ + "/control.sock"; }
  base::Fd connect() const {
    auto socket = base::connect_unix(path());
    return socket ? std::move(*socket) : base::Fd();
  }
  std::string ask(std::string_view request) const {
    const base::Fd socket = connect();
    send_all(socket.get(), request);
    return read_all(socket.get());
  }
  std::size_t client_count() {
    std::size_t count = 0;
    server_->call([&](ControlServer& server) { count = server.client_count(); });
    return count;
  }
  /// Each look is a round trip through the server's loop, so this waits for events, not for time.
  void wait_for_clients(std::size_t count) {
    while (client_count() != count) {
    }
  }
  std::vector<std::string> calls() {
    std::vector<std::string> copy;
    server_->call([&](ControlServer&) { copy = port_.calls; });
    return copy;
  }

  void wait_for_call(const std::string& call) {
    while (std::ranges::count(calls(), call) == 0) {
    }
  }

  std::string directory_ = "/tmp/birl_control_XXXXXX";
  FakePort port_;
  ControlAccess access_;
  ControlLimits limits_;
  std::unique_ptr<LoopThread> server_;
};

}  // namespace supervisor
