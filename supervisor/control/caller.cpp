#include "supervisor/control/caller.h"

#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "base/unix_socket.h"

namespace supervisor {

namespace {

constexpr std::size_t kGroupsMax = 1024;

std::vector<gid_t> groups_of(int socket, const base::PeerCredentials& peer) {
  std::vector<gid_t> groups(kGroupsMax);
  auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  const bool read = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0;
  groups.resize(read ? bytes / sizeof(gid_t) : 0);
  groups.push_back(peer.gid);
  return groups;
}

}  // namespace

base::Result<Caller> find_caller(int socket, const ControlAccess& access) {
  TRY_ASSIGN(const base::PeerCredentials peer, base::peer_credentials(socket));
  Caller caller{.is_owner = true, .uid = peer.uid, .groups = groups_of(socket, peer)};
  caller.is_owner =
      peer.uid == 0 || peer.uid == access.user ||
      (access.group && std::ranges::find(caller.groups, *access.group) != caller.groups.end());
  return caller;
}

}  // namespace supervisor
