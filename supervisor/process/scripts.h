// The scripts of a directory like /etc/birl/init.d: which run, in which order, and how.
//
// list_scripts() reads the user's file system: for a helper child (helper_child.h), whose answer
// comes back through encode and decode. Threads: any.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace supervisor {

struct ScriptLimits {
  static constexpr std::size_t kScriptsMax = 1024;
  static constexpr std::size_t kFirstLineBytesMax = 256;  // as the kernel's own limit for #!
};

struct Script {
  std::string name{};
  std::vector<std::string> argv{};

  template <typename V>
  void visit(V& v) {
    v.field("name", name);
    v.field("argv", argv);
  }
};

/// Regular files (also behind links) in byte order of their names, without dot files, `*~` and
/// `*.dpkg-*`. One without an x bit for us runs by its `#!` line or /bin/sh. An absent directory
/// has none.
[[nodiscard]] base::Result<std::vector<Script>> list_scripts(const std::string& directory);

[[nodiscard]] std::vector<std::byte> encode_scripts(
    const base::Result<std::vector<Script>>& scripts);
[[nodiscard]] base::Result<std::vector<Script>> decode_scripts(std::span<const std::byte> bytes);

}  // namespace supervisor
