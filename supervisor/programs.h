// The programs that birl starts and does not link: birl-router, and birl-config, which reads the
// configuration and needs none of the router's libraries, so that a container starts sooner. They
// lie beside this very executable, in ../libexec/birl seen from there, or in the libexec directory
// that was configured. A static build is one file, which is each of them when it is started under
// its name.
//
// PID 1 opens them once at boot and starts them by descriptor ever after, so that a changed image
// cannot break a restart; `birl check` execs by path. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

// argv[0] of every role of each program.
inline constexpr std::string_view kRouterName = "birl-router";
inline constexpr std::string_view kConfigReaderName = "birl-config";

/// `name` is one of the above. kNotFound names every place that was tried.
[[nodiscard]] base::Result<std::string> find_program(std::string_view name);

/// A descriptor for execveat.
[[nodiscard]] base::Result<base::Fd> open_program(std::string_view name);

}  // namespace supervisor
