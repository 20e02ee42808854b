// A fleet of plain data behind the control port, for tests of the server and the command line.
// Threads: the server's; tests change it through LoopThread::call.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "supervisor/control/control_port.h"

namespace supervisor {

class FakePort final : public ControlPort {
 public:
  std::map<std::string, ServiceProgress> services;
  std::vector<std::string> calls;
  StatusReport report;
  ConfigReloadProgress config_progress;
  UpgradeProgress upgrade_state;
  EventLog event_log;
  std::size_t log_source_count = 1;       // per service
  std::map<std::string, base::Fd> rings;  // what log_sources gives; none: empty memory files
  gid_t allowed_group = 4'000'000;        // may restart web
  bool arrives_at_once = true;            // transitions are finished when the call returns

  [[nodiscard]] StatusReport status() override {
    StatusReport full = report;
    for (const auto& [name, progress] : services) {
      ServiceStatus service;
      service.name = name;
      service.state = progress.state;
      service.ready = progress.ready;
      service.reason = progress.reason;
      full.services.push_back(std::move(service));
    }
    return full;
  }
  [[nodiscard]] std::vector<std::string> service_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, progress] : services) {
      names.push_back(name);
    }
    return names;
  }
  [[nodiscard]] std::optional<ServiceProgress> progress(const std::string& service) const override {
    const auto found = services.find(service);
    return found == services.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] bool is_allowed(const std::string& service, std::string_view verb,
                                std::span<const gid_t> groups) const override {
    return service == "web" && verb == "restart" &&
           std::ranges::find(groups, allowed_group) != groups.end();
  }
  [[nodiscard]] std::string trace() const override {
    return R"({"booted_ns":1000,"complete":true,"services":[{"name":"web"}],"inputs":[)"
           R"({"at_ns":1500000,"service":0,"input":"exited","pid":7,"exit_code":3}]})";
  }
  [[nodiscard]] const EventLog& events() const override { return event_log; }
  [[nodiscard]] base::Result<void> start(const std::string& service) override {
    return move_to(service, "start", "running");
  }
  [[nodiscard]] base::Result<void> stop(const std::string& service) override {
    return move_to(service, "stop", "stopped");
  }
  [[nodiscard]] base::Result<void> restart(const std::string& service) override {
    return move_to(service, "restart", "running");
  }
  [[nodiscard]] base::Result<void> reload(const std::string& service) override {
    calls.push_back("reload " + service);
    if (arrives_at_once) {
      ++services.at(service).reloads;
    }
    return {};
  }
  [[nodiscard]] base::Result<void> scale(const std::string& service, std::uint32_t count) override {
    calls.push_back("scale " + service + " " + std::to_string(count));
    if (!services.contains(service + "@1")) {
      return base::fail(base::ErrorCode::kInvalid, "cannot scale " + service);
    }
    std::erase_if(services,
                  [&](const auto& each) { return each.first.starts_with(service + "@"); });
    for (std::uint32_t number = 1; number <= count; ++number) {
      services[service + "@" + std::to_string(number)].state = "running";
    }
    return {};
  }
  [[nodiscard]] base::Result<void> reload_config() override {
    calls.emplace_back("reload");
    if (arrives_at_once) {
      ++config_progress.ended;
    }
    return {};
  }
  [[nodiscard]] ConfigReloadProgress config_reload() const override { return config_progress; }
  [[nodiscard]] base::Result<void> upgrade(const std::string& binary) override {
    calls.push_back("upgrade " + binary);
    if (arrives_at_once) {
      ++upgrade_state.ended;
    }
    return {};
  }
  [[nodiscard]] UpgradeProgress upgrade_progress() const override { return upgrade_state; }
  [[nodiscard]] base::Result<void> signal(const std::string& service, const std::string& signal,
                                          SignalTarget target) override {
    calls.push_back("signal " + signal + " " + service +
                    (target == SignalTarget::kGroup ? " group" : ""));
    if (signal == "NONSENSE") {
      return base::fail(base::ErrorCode::kInvalid, "cannot send signal NONSENSE: no such signal");
    }
    return {};
  }
  [[nodiscard]] base::Result<void> rotate(const std::string& sink) override {
    calls.push_back("rotate " + sink);
    if (sink == "nowhere") {
      return base::fail(base::ErrorCode::kNotFound, "no sink \"nowhere\"");
    }
    return {};
  }
  /// A pipe that holds one line and has ended.
  [[nodiscard]] base::Result<base::Fd> manage_spool(const std::string& sink,
                                                    logging::SpoolAction action) override {
    calls.push_back("spool " + std::to_string(static_cast<int>(action)) + " " + sink);
    return std::move(base::make_pipe()->read);
  }
  [[nodiscard]] base::Result<base::Fd> tap(const std::string& sink) override {
    calls.push_back("tap " + sink);
    if (sink == "nowhere") {
      return base::fail(base::ErrorCode::kNotFound, "no sink \"nowhere\"");
    }
    TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
    if (::write(pipe.write.get(), "seen\n", 5) != 5) {
      return base::fail_errno("cannot write");
    }
    return std::move(pipe.read);
  }
  [[nodiscard]] base::Result<std::vector<LogSource>> log_sources(
      std::span<const std::string> names) override {
    std::vector<LogSource> sources;
    for (const auto& [name, ring] : rings) {
      if (names.empty() || std::ranges::find(names, name) != names.end()) {
        TRY_ASSIGN(auto copy, base::reopen_read_only(ring.get()));
        sources.push_back({.name = name, .ring = std::move(copy)});
      }
    }
    for (const auto& [name, progress] : services) {
      if (!rings.empty() || (!names.empty() && std::ranges::find(names, name) == names.end())) {
        continue;
      }
      for (std::size_t index = 0; index < log_source_count; ++index) {
        TRY_ASSIGN(auto file, base::make_memory_file(name, 4096, "/tmp"));
        TRY_ASSIGN(auto copy, base::reopen_read_only(file.get()));
        sources.push_back({.name = name, .ring = std::move(copy)});
      }
    }
    return sources;
  }
  [[nodiscard]] std::vector<std::string> explain(const std::string& service) const override {
    return {service + " is " + services.at(service).state, "that is all"};
  }
  [[nodiscard]] base::Result<void> shutdown(std::optional<std::int32_t> exit_code) override {
    calls.push_back("shutdown" + (exit_code ? " " + std::to_string(*exit_code) : ""));
    return {};
  }

 private:
  base::Result<void> move_to(const std::string& service, const std::string& verb,
                             const std::string& state) {
    calls.push_back(verb + " " + service);
    ServiceProgress& progress = services.at(service);
    if (!arrives_at_once) {
      progress.state = verb == "start" ? "starting" : "stopping";
      progress.ready = false;
      return {};
    }
    progress.state = state;
    progress.ready = state == "running";
    progress.starts += state == "running" ? 1U : 0U;
    return {};
  }
};

}  // namespace supervisor
