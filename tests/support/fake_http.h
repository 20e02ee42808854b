// A strict HTTP server for tests, on a port of its own: it does what a script says, and remembers.
//
//     FakeHttp server;
//     server.script({{.status = 503}, {.act = FakeHttp::Act::kReset}});   // then `usual` for ever
//     ... url = server.url() ...
//     EXPECT_THAT(server.accepted_lines(), ...);
//
// What a request does wrong by HTTP or by what we promise (no Expect, a Content-Length that is
// right, gzip that unpacks) is in problems(). Threads: its own; all functions from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace support {

class FakeHttp {
 public:
  enum class Act {
    kAnswer,
    kReset,  // reads half of the body, then the connection is gone
    kHang,   // reads everything and never answers
  };
  struct Reply {
    int status = 200;
    std::string body{};
    std::vector<std::string> headers{};
    Act act = Act::kAnswer;
  };
  struct Request {
    std::string method;
    std::string path;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;                            // unpacked
    int status = 0;                              // what it got; 0: nothing
    std::uint16_t peer_port = 0;                 // which connection it came on
  };
  /// Decides by the request, instead of script and usual reply.
  using Judge = std::function<Reply(const Request&)>;

  explicit FakeHttp(std::uint16_t port = 0);
  ~FakeHttp();
  FakeHttp(const FakeHttp&) = delete;
  FakeHttp& operator=(const FakeHttp&) = delete;

  /// Gone at once, as if it had been killed; what it accepted can still be asked for.
  void stop();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }

  void script(std::vector<Reply> replies);
  void set_usual(Reply reply);
  void set_judge(Judge judge);

  [[nodiscard]] std::vector<Request> requests() const;
  /// Lines of the bodies that got a 2xx, in order.
  [[nodiscard]] std::vector<std::string> accepted_lines() const;
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  void run();
  void serve(int fd, std::uint16_t peer_port);
  [[nodiscard]] bool serve_one(int fd, std::string& input, std::uint16_t peer_port);
  [[nodiscard]] bool read_more(int fd, std::string& input) const;
  [[nodiscard]] Reply decide(Request& request);
  [[nodiscard]] Reply next_reply(const Request& request);
  void check(Request& request);
  void wait_for_stop() const;

  base::Fd listener_;
  base::Fd stop_;  // readable: the end
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  std::deque<Reply> script_;
  Reply usual_;
  Judge judge_;
  std::vector<Request> requests_;
  std::vector<std::string> problems_;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

/// A gzip member unpacked; nothing when it is damaged.
[[nodiscard]] bool gunzip(const std::string& packed, std::string& text);

}  // namespace support
