// Which texts make up the configuration, in the order in which later ones win.
//
// ETC/birl.toml, ETC/conf.d/*.toml, ETC/local.d/*.toml (all three replaced by -c), $BIRL_CONFIG
// (files or directories, `:` between), then the variables BIRL_SET and BIRL_SET_* themselves. Names
// in byte order, dot files skipped. What is asked for by name must exist; ETC's files may be
// absent.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/config/load.h"

namespace supervisor {

struct SourceText {
  std::string name;  // path or variable
  std::string text;
};

[[nodiscard]] std::vector<SourceText> read_sources(const LoadRequest& request, Problems& problems);

/// Warns of variables that begin with BIRL_ and mean nothing.
void check_variables(const Environment& environment, Problems& problems);

/// The content of a regular file or pipe of at most `bytes_max` bytes.
[[nodiscard]] base::Result<std::string> read_text_file(const std::string& path,
                                                       std::size_t bytes_max);

}  // namespace supervisor
