// The socket behind one service's $NOTIFY_SOCKET.
//
// It has a path, or, with "@" in front, a name in the network namespace's abstract space, which a
// service in another root directory reaches too.
// Every process that may write to it can send to it, and nothing that comes is believed before the
// owner has looked at who sent it. A datagram that is too long comes without its text. Descriptors
// that came along are the receiver's to close, since PID 1 must not wait for that (fd_disposal.h);
// so is this socket, in whose queue there may be some. Of a flood only kBurst datagrams are read in
// kPauseMs: the senders wait, PID 1 does not.
// Threads: the loop's. Owner: ServiceWatch.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"

namespace supervisor {

struct Sender {
  pid_t pid = 0;  // 0: of another pid namespace
  uid_t uid = 0;
};

struct Datagram {
  Sender sender;
  std::string_view text;  // valid during the call
  std::vector<base::Fd> fds;
  bool lost_fds = false;  // others came along, for which there was no number
};

class NotifySocket {
 public:
  static constexpr std::size_t kBurst = 64;
  static constexpr std::uint64_t kPauseMs = 20;
  using Receive = std::function<void(Datagram datagram)>;

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
  /// What waits in it is of nobody any more, and goes to `receive`.
  void discard_pending(const Receive& receive);
  /// Reads nothing, until go_on(). May be called from inside Receive.
  void hold();
  void go_on();
  /// The socket itself, for somebody who can close it; its path is removed.
  [[nodiscard]] base::Fd take();

 private:
  NotifySocket(base::Loop& loop, std::string path, Receive receive);
  [[nodiscard]] bool is_abstract() const { return path_.starts_with('@'); }
  [[nodiscard]] base::Result<void> bind();
  void watch();
  void on_readable();
  /// Whether there was one.
  bool read_one(const Receive& receive);

  base::Loop& loop_;
  std::string path_;
  Receive receive_;
  base::Fd fd_;
  std::optional<base::Poll> poll_;
  base::Timer pause_;
  bool held_ = false;
};

}  // namespace supervisor
