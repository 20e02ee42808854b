// The socket behind one service's $NOTIFY_SOCKET.
//
// It has a path, or, with "@" in front, a name in the network namespace's abstract space, which a
// service in another root directory reaches too.
// Every process that may write to it can send to it, and nothing that comes is believed before the
// owner has looked at who sent it. A datagram that is too long is dropped, descriptors that came
// along are closed (that is also what sd_notify's barrier waits for), and of a flood only
// kBurst datagrams are read in kPauseMs: the senders wait, PID 1 does not.
// Threads: the loop's. Owner: ServiceWatch.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"

namespace supervisor {

struct Sender {
  pid_t pid = 0;  // 0: of another pid namespace
  uid_t uid = 0;
};

class NotifySocket {
 public:
  static constexpr std::size_t kBurst = 64;
  static constexpr std::uint64_t kPauseMs = 20;
  using Receive = std::function<void(const Sender& sender, std::string_view datagram)>;

  /// Binds `path`, replacing a file that is there; every user may send to it.
  [[nodiscard]] static base::Result<std::unique_ptr<NotifySocket>> open(base::Loop& loop,
                                                                        std::string path,
                                                                        Receive receive);
  /// One that was bound before a live upgrade.
  [[nodiscard]] static std::unique_ptr<NotifySocket> adopt(base::Loop& loop, std::string path,
                                                           base::Fd fd, Receive receive);
  ~NotifySocket();  // removes the path
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const base::Fd& fd() const { return fd_; }
  /// Reads what waits in it now; at most a burst.
  void read_pending();
  /// What waits in it is of nobody any more.
  void discard_pending();

 private:
  NotifySocket(base::Loop& loop, std::string path, Receive receive);
  [[nodiscard]] bool is_abstract() const { return path_.starts_with('@'); }
  [[nodiscard]] base::Result<void> bind();
  void watch();
  void on_readable();
  enum class Read { kNothing, kDropped, kReceived };
  Read read_one(const Receive& receive);

  base::Loop& loop_;
  std::string path_;
  Receive receive_;
  base::Fd fd_;
  std::optional<base::Poll> poll_;
  base::Timer pause_;
};

}  // namespace supervisor
