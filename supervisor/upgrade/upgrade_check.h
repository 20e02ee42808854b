// `birl upgrade-check STATE ANSWER`: what the running birl asks of the one that is to take its
// place, in a child, since an exec that succeeds and then fails is the end of the container.
//
// STATE and ANSWER are descriptors: the state (upgrade_file.h), and a SEQPACKET socket for one
// UpgradeAnswer. With a good one come kUpgradePrograms descriptors: this very executable, and
// the birl-router and birl-config that it would use. So what is exec'ed is what has answered,
// whatever becomes of the files. Threads: the only one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "supervisor/upgrade/upgrade_state.h"

namespace supervisor {

inline constexpr std::size_t kUpgradePrograms = 3;
inline constexpr std::string_view kUpgradeCheckVerb = "upgrade-check";

struct UpgradeAnswer {
  std::string error;  // empty: it can take over
  std::string version;
  std::uint64_t checksum = 0;  // of the state that was read

  template <typename V>
  void visit(V& v) {
    v.field("error", error);
    v.field("version", version);
    v.field("checksum", checksum);
  }
};

/// Whether these arguments of the process ask for it; then it is done, and this is the exit code.
[[nodiscard]] std::optional<int> answer_upgrade_check(std::span<const std::string> arguments);

}  // namespace supervisor
