// Users and groups, read from /etc/passwd and /etc/group directly.
//
// getpwnam() would load NSS modules into PID 1, which may talk to a network or crash. A malformed
// line is skipped, a missing file counts as empty (images "from scratch" have none): numbers work
// without any entry.
// Threads: any; every call reads the files anew.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supervisor/process/spawn.h"

namespace supervisor {

struct AccountFiles {
  std::string passwd = "/etc/passwd";
  std::string group = "/etc/group";
};

struct AccountLimits {
  static constexpr std::size_t kFileBytesMax = 8U << 20U;
  static constexpr std::size_t kLineBytesMax = 64U << 10U;  // longer lines are skipped
  static constexpr std::size_t kGroupsMax = 65'536;         // the kernel's NGROUPS_MAX
};

struct Account {
  std::string name{};  // without an entry: the uid's digits
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home{};   // without an entry: "/"
  std::string shell{};  // without an entry: "/bin/sh"

  friend bool operator==(const Account&, const Account&) = default;
};

/// A name, a uid, or "user:group" of either. A uid without an entry gets a gid of the same number
/// (never 0 by accident).
[[nodiscard]] base::Result<Account> find_account(std::string_view user, const AccountFiles& files);

/// A name or a gid.
[[nodiscard]] base::Result<gid_t> find_group(std::string_view group, const AccountFiles& files);

/// The groups that list `name` as a member, and `gid` itself; ascending.
[[nodiscard]] base::Result<std::vector<gid_t>> find_member_groups(std::string_view name, gid_t gid,
                                                                  const AccountFiles& files);

/// A service's keys user, group and groups together: `group` replaces the account's, `groups` come
/// on top of those that list it. `account` must be of find_account().
[[nodiscard]] base::Result<Identity> make_identity(const Account& account, std::string_view group,
                                                   const std::vector<std::string>& groups,
                                                   const AccountFiles& files);

}  // namespace supervisor
