// A control server on a loop of its own thread, and calls into that thread.
#pragma once

#include <unistd.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "base/fd.h"
#include "base/loop.h"
#include "base/unix_socket.h"
#include "supervisor/control/control_server.h"

namespace supervisor {

class LoopThread {
 public:
  LoopThread(const std::string& path, ControlPort& port, const ControlAccess& access,
             const ControlLimits& limits) {
    auto pipe = base::make_pipe();
    auto listener = base::listen_unix(path, 0600);
    if (!pipe || !listener) {
      std::abort();
    }
    wake_ = std::move(pipe->write);
    std::promise<void> ready;
    thread_ = std::thread([this, &port, &access, &limits, &ready, wake = std::move(pipe->read),
                           listener = std::move(*listener)]() mutable {
      base::Loop loop;
      auto server = ControlServer::open(loop, std::move(listener), port, access, limits);
      auto poll =
          base::Poll::open(loop, wake.get(), base::Poll::kReadable, [this, &wake, &loop](int) {
            char byte = 0;
            if (::read(wake.get(), &byte, 1) != 1 || byte == 'q') {
              loop.stop();
            } else {
              work_();
            }
          });
      server_ = server->get();
      ready.set_value();
      loop.run();
      server_ = nullptr;
    });
    ready.get_future().wait();
  }
  ~LoopThread() {
    send('q');
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Runs `work` on the server's thread and waits for it.
  void call(const std::function<void(ControlServer&)>& work) {
    std::promise<void> done;
    work_ = [&] {
      work(*server_);
      done.set_value();
    };
    send('w');
    done.get_future().wait();
  }

 private:
  void send(char byte) {
    if (::write(wake_.get(), &byte, 1) != 1) {
      std::abort();
    }
  }

  base::Fd wake_;
  std::function<void()> work_;
  ControlServer* server_ = nullptr;
  std::thread thread_;
};

}  // namespace supervisor
