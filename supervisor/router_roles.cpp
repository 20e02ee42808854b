#include "supervisor/router_roles.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "base/crash_point.h"
#include "base/diag.h"
#include "base/text.h"
#include "logging/router/router.h"
#include "shippers/file/unpack_log.h"
#include "shippers/network/spool_report.h"
#include "shippers/sinks.h"
#include "shippers/vendors/vendor_list.h"
#include "supervisor/config/environment.h"
#include "supervisor/metrics/http_pages.h"
#include "supervisor/process/inherited.h"
#include "supervisor/spool_role.h"

namespace supervisor {

namespace {

constexpr int kExitUsage = 2;

int router_role(std::span<const std::string> arguments) {
  const auto fd = arguments.size() == 1 ? base::parse_decimal(arguments[0]) : std::nullopt;
  if (!fd) {
    fmt::print(stderr, "birl-router: cannot start: birl starts it, with a handoff descriptor\n");
    return kExitUsage;
  }
  base::arm_crash_points();
  // PID 1 starts all its children with the limit that it got itself, usually 1024: too few for the
  // pipes and files of some hundred services. Without the right it has to do with what there is.
  static_cast<void>(raise_open_files());
  base::Diag diag(STDERR_FILENO, base::DiagLevel::kInfo, "birl: ");
  shippers::HttpClient client;
  const logging::SinkFactory factory = [&client](const logging::SinkConfig& config,
                                                 const logging::SinkContext& context) {
    return shippers::make_sink(config, context, client);
  };
  std::unique_ptr<HttpPages> pages;
  const logging::ConfigHook open_pages = [&pages, &diag](const logging::RouterConfig& config) {
    if (config.listen.empty()) {
      return;
    }
    auto opened = HttpPages::open(config.listen, config.runtime_directory + "/control.sock");
    if (opened) {
      pages = std::move(*opened);
    } else {
      diag.error("{}; /metrics and the probes are not served", opened.error().message);
    }
  };
  return logging::run_router(static_cast<int>(*fd), factory, diag, open_pages);
}

SpoolReader spool_reader() {
  const auto output_of = [](const SpoolQuery& query) {
    return query.json ? shippers::SpoolOutput::kJson : shippers::SpoolOutput::kText;
  };
  return {.list =
              [=](const SpoolDirectories& directories, const SpoolQuery& query) {
                return shippers::list_spools(directories, output_of(query));
              },
          .show =
              [=](const std::vector<std::string>& directories, const SpoolQuery& query) {
                const auto part =
                    query.dead ? shippers::SpoolPart::kDead : shippers::SpoolPart::kWaiting;
                return shippers::show_spool(directories, part, output_of(query));
              }};
}

int vendors_role(std::span<const std::string> arguments) {
  const bool json = !arguments.empty() && arguments[0] == "--json";
  fmt::print("{}", json ? shippers::vendor_json() : shippers::vendor_table());
  return 0;
}

int unpack_role(std::span<const std::string> arguments) {
  if (arguments.size() != 1) {
    fmt::print(stderr, "birl-router: cannot unpack: birl logs names one path\n");
    return kExitUsage;
  }
  if (const auto unpacked = shippers::unpack_log(arguments[0], STDOUT_FILENO); !unpacked) {
    fmt::print(stderr, "birl: {}\n", unpacked.error().message);
    return 1;
  }
  return 0;
}

}  // namespace

int router_binary_main(std::span<const std::string> arguments) {
  // A reader of our output that goes away is an error of a write, not the end of the router.
  ::signal(SIGPIPE, SIG_IGN);
  const std::string role = arguments.empty() ? "" : arguments[0];
  const auto rest = arguments.subspan(arguments.empty() ? 0 : 1);
  if (role == "router") {
    return router_role(rest);
  }
  if (role == "unpack") {
    return unpack_role(rest);
  }
  if (role == "spool") {
    return spool_main(rest, make_environment(environ), spool_reader());
  }
  if (role == "vendors") {
    return vendors_role(rest);
  }
  fmt::print(stderr, "birl-router: cannot run: birl starts it; use birl\n");
  return kExitUsage;
}

}  // namespace supervisor
