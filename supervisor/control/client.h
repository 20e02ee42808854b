// The command line's end of the control socket: one request, the whole answer.
//
// No instance (no socket, nobody listening) is kNotFound: exit 3. An answer {"error": ...} is
// returned as that Error. Threads: blocking calls on the caller's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

struct Reply {
  std::string text;           // lines of JSON
  std::vector<base::Fd> fds;  // in the order in which they came
};

class Client {
 public:
  static constexpr std::uint64_t kTimeoutMs = 10'000;

  explicit Client(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  /// kTimeout when no byte comes for `timeout_ms`.
  [[nodiscard]] base::Result<Reply> ask(std::span<const std::string> words,
                                        std::uint64_t timeout_ms = kTimeoutMs) const;

  /// Sends the request and returns the connection: for an answer that does not end by itself.
  [[nodiscard]] base::Result<base::Fd> begin(std::span<const std::string> words) const;

  /// Readable once the instance has ended (a pidfd). Invalid where the kernel does not tell, as
  /// across process namespaces; then is_listening() is the way to know.
  [[nodiscard]] base::Fd watch_instance() const;
  [[nodiscard]] bool is_listening() const;

 private:
  [[nodiscard]] base::Result<base::Fd> connect() const;

  std::string socket_path_;
};

}  // namespace supervisor
