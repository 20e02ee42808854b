#include "supervisor/process/identity.h"

#include <algorithm>

namespace supervisor {

base::Result<Identity> make_identity(const Account& account, std::string_view group,
                                     const std::vector<std::string>& groups,
                                     const AccountFiles& files) {
  Identity identity{.uid = account.uid, .gid = account.gid, .groups = {}};
  if (!group.empty()) {
    TRY_ASSIGN(identity.gid, base::find_group(group, files));
  }
  TRY_ASSIGN(identity.groups, base::find_member_groups(account.name, identity.gid, files));
  for (const std::string& name : groups) {
    TRY_ASSIGN(const gid_t gid, base::find_group(name, files));
    if (std::ranges::find(identity.groups, gid) == identity.groups.end()) {
      identity.groups.push_back(gid);
    }
  }
  std::ranges::sort(identity.groups);
  return identity;
}

}  // namespace supervisor
