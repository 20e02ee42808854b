// Unix sockets: SEQPACKET pairs that carry descriptors, and stream listeners for control.
//
// Threads: plain functions over a descriptor; the caller owns the ordering.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace base {

struct UnixSocketLimits {
  static constexpr std::size_t kMessageBytesMax = 64 * 1024;
  static constexpr std::size_t kMessageFdsMax = 64;
};

struct Message {
  std::vector<std::byte> bytes;
  std::vector<Fd> fds;
};

struct SocketPair {
  Fd first;
  Fd second;
};

/// SEQPACKET: message boundaries kept, an end of the peer seen as an empty read.
[[nodiscard]] Result<SocketPair> make_socket_pair();

/// Sends one message with copies of `fds`. kUnavailable: the peer is gone. kLimit: it would block,
/// or the kernel's count of descriptors in flight is used up; try again when the peer has read.
[[nodiscard]] Result<void> send_message(int socket, std::span<const std::byte> bytes,
                                        std::span<const int> fds);

/// The next message; nullopt when there is none yet (a non-blocking socket). kUnavailable: closed.
/// A message with more bytes or descriptors than the limits is kDamaged and dropped.
[[nodiscard]] Result<std::optional<Message>> receive_message(int socket);

/// Has sendmsg carry copies of `fds`, laid out in `control`: aligned as a cmsghdr, CMSG_SPACE of
/// them at least, and alive until then.
void put_rights(msghdr& header, std::span<char> control, std::span<const int> fds);

/// The ancillary part behind `part`, nullptr at the end: CMSG_NXTHDR, whose text in musl compares
/// lengths of different signs.
[[nodiscard]] cmsghdr* next_part(msghdr& header, cmsghdr* part);

/// Listens on a stream socket at `path`, replacing a stale file there. `mode` is set before the
/// first connection can come in.
[[nodiscard]] Result<Fd> listen_unix(const std::string& path, mode_t mode);
[[nodiscard]] Result<Fd> connect_unix(const std::string& path);

struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};
[[nodiscard]] Result<PeerCredentials> peer_credentials(int socket);

}  // namespace base
