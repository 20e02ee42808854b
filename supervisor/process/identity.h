// Who a service runs as: its keys user, group and groups together.
//
// Threads: any; every call reads the account files anew.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/accounts.h"
#include "base/result.h"
#include "supervisor/process/spawn.h"

namespace supervisor {

using base::Account;
using base::AccountFiles;

/// `group` replaces the account's, `groups` come on top of those that list it. `account` must be of
/// find_account().
[[nodiscard]] base::Result<Identity> make_identity(const Account& account, std::string_view group,
                                                   const std::vector<std::string>& groups,
                                                   const AccountFiles& files);

}  // namespace supervisor
