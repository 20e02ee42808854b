// Where birl-router is: beside this very executable, in ../libexec/birl seen from there, or in the
// libexec directory that was configured. A static build is one file, which is birl-router when it
// is started under that name.
//
// PID 1 opens it once at boot and starts it by descriptor ever after, so that a changed image
// cannot break a restart; `birl check` execs it by path. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

/// argv[0] of every role of birl-router.
inline constexpr std::string_view kRouterName = "birl-router";

/// kNotFound names every place that was tried.
[[nodiscard]] base::Result<std::string> find_router_binary();

/// A descriptor for execveat.
[[nodiscard]] base::Result<base::Fd> open_router_binary();

}  // namespace supervisor
