#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

namespace {

constexpr int kPipeBytes = 1 << 20;  // more, where this user may: less is missed in a burst
constexpr int kAgainMs = 100;        // while the router is being replaced

enum class Ended { kPipe, kReader };

/// Copies until the pipe's writer, the router, or whoever reads our output goes away.
base::Result<Ended> copy_out(int pipe) {
  std::array<char, 65'536> buffer;
  while (true) {
    std::array<pollfd, 2> looks{{{.fd = STDOUT_FILENO, .events = 0, .revents = 0},
                                 {.fd = pipe, .events = POLLIN, .revents = 0}}};
    ::poll(looks.data(), looks.size(), -1);
    if ((looks[0].revents & (POLLERR | POLLHUP)) != 0) {
      return Ended::kReader;
    }
    const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
    if (count == 0) {
      return Ended::kPipe;
    }
    if (count > 0) {
      TRY(print_out({buffer.data(), static_cast<std::size_t>(count)}));
    } else if (errno != EAGAIN && errno != EINTR) {
      return base::fail_errno("cannot read what the router shows");
    }
  }
}

/// Goes on with the next router when one is replaced, until the instance is gone.
base::Result<void> tap(const Client& client, const std::string& sink) {
  const std::array<std::string, 2> words{"tap", sink};
  bool tapped = false;
  while (!tapped || client.is_listening()) {
    const auto reply = client.ask(words);
    if (!reply && reply.error().code == base::ErrorCode::kUnavailable) {
      ::poll(nullptr, 0, kAgainMs);
      continue;
    }
    if (!reply) {
      return tapped && !client.is_listening() ? base::Result<void>()
                                              : base::Result<void>(base::Unexpected(reply.error()));
    }
    if (reply->fds.empty()) {
      return base::fail(base::ErrorCode::kDamaged, "cannot tap: birl sent no pipe");
    }
    tapped = true;
    static_cast<void>(::fcntl(reply->fds[0].get(), F_SETPIPE_SZ, kPipeBytes));
    TRY_ASSIGN(const Ended ended, copy_out(reply->fds[0].get()));
    if (ended == Ended::kReader) {
      break;
    }
  }
  return {};
}

}  // namespace

int cmd_tap(const CommandOptions& options) {
  const auto tapped = tap(find_instance(options), options.names.front());
  return tapped ? kExitDone : report_error(tapped.error());
}

}  // namespace supervisor
