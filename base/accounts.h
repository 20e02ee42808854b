// Users and groups, read from /etc/passwd and /etc/group directly.
//
// getpwnam() would load NSS modules, which may talk to a network or crash, into PID 1. A malformed
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

namespace base {

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
[[nodiscard]] Result<Account> find_account(std::string_view user, const AccountFiles& files);

/// A name or a gid.
[[nodiscard]] Result<gid_t> find_group(std::string_view group, const AccountFiles& files);

/// The groups that list `name` as a member, and `gid` itself; ascending.
[[nodiscard]] Result<std::vector<gid_t>> find_member_groups(std::string_view name, gid_t gid,
                                                            const AccountFiles& files);

}  // namespace base
