// What the control socket asks, answered from the fleet, the rings and the kernel's tables.
//
// Threads: the loop's. Owner: Instance; borrows everything in Parts for its whole life.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/config/config.h"
#include "supervisor/config_reload.h"
#include "supervisor/control/control_port.h"
#include "supervisor/live_upgrade.h"
#include "supervisor/machine/fleet_machine.h"
#include "supervisor/router_link/router_link.h"
#include "supervisor/service_effects.h"
#include "supervisor/service_reload.h"

namespace supervisor {

class ControlAdapter final : public ControlPort {
 public:
  struct Parts {
    const Config& config;
    FleetMachine& fleet;
    const Sweeper& sweeper;
    const ServiceEffects& effects;
    ServiceReload& reload;
    RouterLink& router;
    const ServiceSlots& services;
    ConfigReload& config_reload;
    std::function<base::Result<void>(const std::string&, std::uint32_t)> scale;
    LiveUpgrade& upgrade;
    const EventLog& events;
    std::uint64_t booted_ns = 0;  // monotonic
    std::string runtime_directory;
  };

  explicit ControlAdapter(Parts parts);

  /// Slots were added: before the fleet knows of them.
  void grow() { starts_.resize(parts_.services.size()); }
  /// `birl` enters `service` for the starting-th time; for those who wait for a restart.
  void count_start(ServiceId service) { ++starts_[service]; }

  /// Looks up the groups of `allow`; whenever the configuration has changed. Returns those that
  /// there are not, and that nobody belongs to therefore.
  [[nodiscard]] std::vector<std::string> learn_groups();

  StatusReport status() override;
  std::vector<std::string> service_names() const override;
  bool is_allowed(const std::string& service, std::string_view verb,
                  std::span<const gid_t> groups) const override;
  std::optional<ServiceProgress> progress(const std::string& service) const override;
  std::vector<std::string> explain(const std::string& service) const override;
  const EventLog& events() const override { return parts_.events; }
  std::string trace() const override;
  base::Result<void> start(const std::string& service) override;
  base::Result<void> stop(const std::string& service) override;
  base::Result<void> restart(const std::string& service) override;
  base::Result<void> reload(const std::string& service) override;
  base::Result<void> scale(const std::string& service, std::uint32_t count) override;
  base::Result<void> reload_config() override;
  ConfigReloadProgress config_reload() const override;
  base::Result<void> upgrade(const std::string& binary) override {
    return parts_.upgrade.begin(binary);
  }
  UpgradeProgress upgrade_progress() const override { return parts_.upgrade.progress(); }
  base::Result<void> signal(const std::string& service, const std::string& signal,
                            SignalTarget target) override;
  base::Result<void> rotate(const std::string& sink) override;
  base::Result<base::Fd> tap(const std::string& sink) override;
  base::Result<base::Fd> manage_spool(const std::string& sink,
                                      logging::SpoolAction action) override;
  base::Result<std::vector<LogSource>> log_sources(std::span<const std::string> services) override;
  base::Result<void> shutdown(std::optional<std::int32_t> exit_code) override;

 private:
  [[nodiscard]] ServiceStatus service_status(ServiceId id) const;
  [[nodiscard]] bool is_shown(ServiceId id) const;
  [[nodiscard]] base::Unexpected no_such_sink(std::string_view what, const std::string& sink) const;
  [[nodiscard]] const ServiceLogs* find_logs(const std::string& name) const;

  Parts parts_;
  std::vector<std::uint64_t> starts_;    // by ServiceId
  std::map<std::string, gid_t> groups_;  // of `allow`
};

}  // namespace supervisor
