// The directories that a service asks for, made and owned before each start.
//
// Touches the user's file systems: only for a helper child (helper_child.h). What is right already
// is left alone, so that a start that was given up on in a large tree goes on where it was, and a
// tree that is right costs a look at each file. Symbolic links inside a recursive tree are not
// followed, other file systems are entered. Threads: any.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/config/context_config.h"
#include "supervisor/process/identity.h"

namespace supervisor {

enum class StrictIdentity : bool { kNo, kYes };

struct ServiceDirectories {
  const std::vector<DirectoryConfig>& wanted;
  const Account* owner = nullptr;  // the service's; null: birl's own ids
  const AccountFiles& accounts;
  StrictIdentity strict = StrictIdentity::kNo;
};

/// Returns notes on rights that were missing ("cannot give /var/lib/app to 33:33: ..."); with
/// kYes the first one is an error.
[[nodiscard]] base::Result<std::vector<std::string>> make_service_directories(
    const ServiceDirectories& directories);

}  // namespace supervisor
