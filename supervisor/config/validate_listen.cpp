// `listen`: addresses that can be opened, each by one service, on descriptors of their own.
#include <fmt/format.h>

#include "supervisor/config/listen_address.h"
#include "supervisor/config/node.h"
#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

/// Sockets come in a row from kFirstFd on, stored descriptors behind them.
void check_ready_fd(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  const auto end = ListenLimits::kFirstFd + static_cast<std::int64_t>(service.listen.size()) +
                   std::int64_t{service.fd_store};
  const bool collides = service.ready.fd && *service.ready.fd < end;
  judge.require(
      end == ListenLimits::kFirstFd || !collides, path + ".ready.fd",
      fmt::format(
          "descriptors {} to {} are {}; use {} or above", ListenLimits::kFirstFd, end - 1,
          service.fd_store == 0 ? "the sockets of `listen`" : "those of `listen` and `fd_store`",
          end));
}

void check_fd_store(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  judge.require_range(service.fd_store, 0, ListenLimits::kStoredFdsMax, path + ".fd_store");
  judge.require(service.fd_store == 0 || service.type == ServiceType::kDaemon, path + ".fd_store",
                "only a daemon has one");
}

}  // namespace

void validate_listen(const Judge& judge) {
  std::map<std::string, std::string> owners;  // of addresses: the keys that name them
  for (const auto& [name, service] : judge.config().services) {
    const std::string path = join_key("service", name);
    judge.require(service.listen.size() <= ListenLimits::kAddressesMax, path + ".listen",
                  fmt::format("it names {} sockets; {} is the most", service.listen.size(),
                              ListenLimits::kAddressesMax));
    check_ready_fd(judge, service, path);
    check_fd_store(judge, service, path);
    for (std::size_t index = 0; index < service.listen.size(); ++index) {
      const std::string item = fmt::format("{}.listen[{}]", path, index);
      const auto address = parse_listen_address(service.listen[index]);
      if (!address) {
        judge.refuse(item, "use", address.error().message);
        continue;
      }
      const auto [owner, is_first] = owners.emplace(format_listen_address(*address), item);
      if (!is_first) {
        judge.refuse(item, "use",
                     fmt::format("{} listens at {} already", owner->second, owner->first));
      }
    }
  }
}

}  // namespace supervisor
