#include "supervisor/upgrade/upgrade_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "base/codec.h"
#include "base/text.h"
#include "base/unix_socket.h"
#include "supervisor/config/encode.h"
#include "supervisor/programs.h"
#include "supervisor/upgrade/upgrade_file.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::size_t kArguments = 4;
constexpr int kExitFailed = 1;

struct Ready {
  base::Fd self;
  base::Fd router;
  base::Fd config_reader;
  std::uint64_t checksum = 0;
};

Result<void> check_configuration(const std::string& encoded) {
  TRY(decode_config(std::as_bytes(std::span(encoded))));
  return {};
}

Result<Ready> check_everything(int state_fd) {
  TRY_ASSIGN(const std::vector<std::byte> bytes, read_upgrade_file(state_fd));
  TRY_ASSIGN(const UpgradeState state, decode_upgrade_state(bytes));
  TRY(check_configuration(state.config));
  Ready ready{.self = base::Fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)),
              .router = {},
              .config_reader = {},
              .checksum = upgrade_checksum(bytes)};
  if (!ready.self.valid()) {
    return base::fail_errno("cannot open /proc/self/exe (is /proc mounted?)");
  }
  TRY_ASSIGN(ready.router, open_program(kRouterName));
  TRY_ASSIGN(ready.config_reader, open_program(kConfigReaderName));
  return ready;
}

int answer(int socket, const Result<Ready>& ready) {
  UpgradeAnswer told{.error = {}, .version = BIRL_VERSION, .checksum = 0};
  if (!ready) {
    told.error = ready.error().message;
    fmt::print(stderr, "birl: {}\n", told.error);
    [[maybe_unused]] const Result<void> sent =
        base::send_message(socket, base::Encoder::encode(told), {});
    return kExitFailed;
  }
  told.checksum = ready->checksum;
  const std::array<int, kUpgradePrograms> fds{ready->self.get(), ready->router.get(),
                                              ready->config_reader.get()};
  return base::send_message(socket, base::Encoder::encode(told), fds) ? 0 : kExitFailed;
}

}  // namespace

std::optional<int> answer_upgrade_check(std::span<const std::string> arguments) {
  if (arguments.size() != kArguments || arguments[1] != kUpgradeCheckVerb) {
    return std::nullopt;
  }
  const auto state_fd = base::parse_decimal(arguments[2]);
  const auto answer_fd = base::parse_decimal(arguments[3]);
  if (!state_fd || !answer_fd || ::getpid() == 1) {
    return std::nullopt;
  }
  return answer(static_cast<int>(*answer_fd), check_everything(static_cast<int>(*state_fd)));
}

}  // namespace supervisor
