// What a start needs of the user's files: the account, the environment, the service's directories.
//
// prepare_start() touches those files, which may hang: it runs in a helper child, whose answer
// comes back through encode and decode. A configuration without any such file (touches_files()
// false) is prepared by PID 1 itself; it then reads $BIRL_ENVIRONMENT only, a directory of its own.
// Threads: any.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/config/config.h"
#include "supervisor/process/identity.h"
#include "supervisor/process/service_directories.h"
#include "supervisor/process/spawn.h"

namespace supervisor {

struct PreparationRequest {
  const ServiceConfig& config;
  std::span<const std::string> container_environment{};
  std::string environment_directory{};  // of $BIRL_ENVIRONMENT
  std::string socket_path{};
  StrictIdentity strict = StrictIdentity::kNo;
  AccountFiles accounts{};
};

struct Preparation {
  std::optional<Identity> identity{};
  std::vector<std::string> environment{};  // NAME=value
  std::vector<std::string> notes{};        // rights that birl lacks
};

[[nodiscard]] bool touches_files(const ServiceConfig& config);
[[nodiscard]] base::Result<Preparation> prepare_start(const PreparationRequest& request);

[[nodiscard]] std::vector<std::byte> encode_preparation(const base::Result<Preparation>& result);
[[nodiscard]] base::Result<Preparation> decode_preparation(std::span<const std::byte> bytes);

}  // namespace supervisor
