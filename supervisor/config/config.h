// The configuration as plain data: one struct per table of birl.toml, every member with its default
// and a one-line comment. Nothing here reads files; load.h fills it, validate.h checks it.
//
// Each struct lists its members once in `visit` (base/codec.h): that list is the option table from
// which the reader, the encoding, `birl check` and the option reference are made.
// Lifetime: values. Threads: immutable after loading.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/command.h"
#include "base/one_or_several.h"
#include "base/time_zone.h"
#include "base/units.h"
#include "logging/sink_config.h"
#include "supervisor/config/checks_config.h"
#include "supervisor/config/context_config.h"

namespace supervisor {

enum class ServiceType : std::uint8_t { kDaemon, kOneshot, kScheduled };
[[nodiscard]] constexpr auto enum_names(ServiceType) {
  return std::array<std::string_view, 3>{"daemon", "oneshot", "scheduled"};
}
enum class Overlap : std::uint8_t { kSkip, kQueue };
[[nodiscard]] constexpr auto enum_names(Overlap) {
  return std::array<std::string_view, 2>{"skip", "queue"};
}
enum class StartMode : std::uint8_t { kBoot, kManual };
[[nodiscard]] constexpr auto enum_names(StartMode) {
  return std::array<std::string_view, 2>{"boot", "manual"};
}
enum class RestartPolicy : std::uint8_t { kAlways, kOnFailure, kNever };
[[nodiscard]] constexpr auto enum_names(RestartPolicy) {
  return std::array<std::string_view, 3>{"always", "on-failure", "never"};
}
enum class RestartLimitThen : std::uint8_t { kStop, kShutdown };
[[nodiscard]] constexpr auto enum_names(RestartLimitThen) {
  return std::array<std::string_view, 2>{"stop", "shutdown"};
}
enum class StopTo : std::uint8_t { kProcess, kGroup };
[[nodiscard]] constexpr auto enum_names(StopTo) {
  return std::array<std::string_view, 2>{"process", "group"};
}
enum class WatchThen : std::uint8_t { kReload, kRestart };
[[nodiscard]] constexpr auto enum_names(WatchThen) {
  return std::array<std::string_view, 2>{"reload", "restart"};
}
enum class NotifyVia : std::uint8_t { kPath, kAbstract };
[[nodiscard]] constexpr auto enum_names(NotifyVia) {
  return std::array<std::string_view, 2>{"path", "abstract"};
}
enum class RouterFailure : std::uint8_t { kWait, kShutdown };
[[nodiscard]] constexpr auto enum_names(RouterFailure) {
  return std::array<std::string_view, 2>{"wait", "shutdown"};
}
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
[[nodiscard]] constexpr auto enum_names(LogLevel) {
  return std::array<std::string_view, 4>{"debug", "info", "warn", "error"};
}

struct BackoffConfig {
  base::Duration initial = base::milliseconds(100);
  double factor = 2;
  base::Duration max = base::seconds(30);
  double jitter = 0.1;
  base::Duration reset_after = base::seconds(30);

  template <typename V>
  void visit(V& v) {
    v.field("initial", initial, "the first wait before a restart");
    v.field("factor", factor, "each further wait is this many times longer");
    v.field("max", max, "the longest wait");
    v.field("jitter", jitter, "part of the wait, 0 to 1, that is random");
    v.field("reset_after", reset_after, "a run this long starts again at `initial`");
  }
};

struct RestartLimitConfig {
  std::uint32_t count = 0;  // 0: no limit
  base::Duration within = base::seconds(10);
  RestartLimitThen then = RestartLimitThen::kStop;

  template <typename V>
  void visit(V& v) {
    v.field("count", count, "at most this many restarts ...");
    v.field("within", within, "... in this time");
    v.field("then", then, "stop: the service has failed; shutdown: the container ends");
  }
};

struct StopConfig {
  Command command;  // empty: only the signal
  std::string signal = "TERM";
  std::optional<StopTo> to;  // unset: group when `command` is a string, else process
  base::Duration timeout = base::seconds(10);

  template <typename V>
  void visit(V& v) {
    v.field("command", command, "runs before the signal, within the same timeout");
    v.field("signal", signal, "the signal that asks the service to stop");
    v.field("to", to, "process, or its whole group");
    v.field("timeout", timeout, "after this the group gets KILL");
  }
};

struct ReloadConfig {
  Command check;
  std::string signal = "HUP";
  Command command;  // instead of the signal

  template <typename V>
  void visit(V& v) {
    v.field("check", check, "must succeed, or the reload is refused");
    v.field("signal", signal, "the signal that makes the service reload");
    v.field("command", command, "runs instead of the signal");
  }
};

struct WatchConfig {
  std::vector<std::string> paths;
  WatchThen then = WatchThen::kReload;
  base::Duration debounce = base::milliseconds(500);

  template <typename V>
  void visit(V& v) {
    v.field("paths", paths, "files and directories; also replaced by a rename, or behind links");
    v.field("then", then, "what a change of them does: reload or restart");
    v.field("debounce", debounce, "after this long without a further change");
  }
};

struct RingConfig {
  base::ByteCount size{1U << 20U};
  std::string directory;  // empty: in memory

  template <typename V>
  void visit(V& v) {
    v.field("size", size, "memory of the service's ring; a power of two, at least 64KiB");
    v.field("directory", directory, "where it is a file that outlives a kill of the container");
  }
};

struct ServiceConfig {
  std::string name;  // the table's name
  ServiceType type = ServiceType::kDaemon;
  StartMode start = StartMode::kBoot;
  std::string schedule;     // machine/cron.h
  base::TimeZone timezone;  // of the schedule; zones.h fills it
  Overlap overlap = Overlap::kSkip;
  bool catch_up = false;
  std::optional<base::Duration> timeout;  // unset: none
  std::vector<std::string> after;
  std::vector<std::string> wants;
  std::vector<std::string> needs;  // `requires`, which is a word of the language
  Command command;
  std::string directory;  // empty: birl's own
  std::optional<base::FileMode> umask;
  std::optional<std::int32_t> nice;
  std::optional<std::int32_t> oom_score_adjust;
  LimitsConfig limits;
  bool no_new_privileges = false;
  CapabilitiesConfig capabilities;
  std::vector<DirectoryConfig> directories;
  std::vector<AllowConfig> allow;
  std::vector<std::string> listen;  // listen_address.h
  NotifyVia notify_via = NotifyVia::kPath;
  std::uint32_t fd_store = 0;              // 0: off
  std::optional<std::uint32_t> instances;  // set: this one is NAME@1, ... (instances.h)
  std::string user;                        // name, uid or "uid:gid"; empty: birl's own
  std::string group;                       // name or gid; empty: the user's
  std::vector<std::string> groups;
  std::map<std::string, std::string> environment;
  std::vector<std::string> environment_file;
  std::map<std::string, std::string> environment_from_file;
  bool clear_environment = false;
  bool primary = false;
  std::optional<RestartPolicy> restart;  // unset: always (daemon), never (primary, others)
  std::vector<std::int32_t> success_exit_codes{0};
  BackoffConfig backoff;
  RestartLimitConfig restart_limit;
  StopConfig stop;
  ReloadConfig reload;
  WatchConfig watch;
  Command on_ready;
  Command on_exit;
  base::Duration on_exit_timeout = base::seconds(5);
  std::optional<StdioMode> stdio;  // unset: inherit for CMD on a terminal, else pipe
  ReadyConfig ready;
  HealthConfig health;
  std::optional<std::vector<std::string>> log;  // sinks; unset: the defaults'
  base::OneOrSeveral pipeline;                  // names
  std::map<std::string, std::string> fields;
  std::string stderr_level = "error";
  RingConfig ring;

  template <typename V>
  void visit(V& v) {
    v.field("type", type, "daemon runs on; oneshot runs to its end once, scheduled now and then");
    v.field("start", start, "boot, or manual: only by `birl start`");
    v.field("schedule", schedule, "when it runs: \"*/5 * * * *\", \"@every 30s\", @daily");
    v.field("timezone", timezone, "of its schedule, like Europe/Berlin; without it $TZ, else UTC");
    v.field("overlap", overlap, "a run that is due while the last one runs: skip, or queue it");
    v.field("catch_up", catch_up, "one run for those missed when the clock jumped or slept");
    v.field("timeout", timeout, "the longest run; then it is stopped and has failed");
    v.field("after", after, "services that come first: ready, done, failed or not to be started");
    v.field("wants", wants, "like `after`, and starts them too");
    v.field("requires", needs, "like `wants`, and they must be ready; it stops when they do");
    v.field("command", command, "an array is exec'ed, a string runs under /bin/sh -c");
    v.field("directory", directory, "working directory");
    v.field("umask", umask, "file mode creation mask, a string like \"0022\"");
    v.field("nice", nice, "scheduling priority, -20 to 19");
    v.field("oom_score_adjust", oom_score_adjust, "-1000 to 1000; 1000 is killed first");
    v.field("limits", limits, "numbers or \"unlimited\", soft and hard alike");
    v.field("no_new_privileges", no_new_privileges, "set-uid programs give it nothing");
    v.field("capabilities", capabilities, "rights of root, one by one");
    v.field("directories", directories, "made and owned before each start");
    v.field("allow", allow, "groups that may control it");
    v.field("listen", listen, "sockets that birl holds for it: tcp://, udp://, unix:/path");
    v.field("notify_via", notify_via,
            "$NOTIFY_SOCKET: path, or abstract for services in another root directory");
    v.field("fd_store", fd_store,
            "how many descriptors it may leave with birl over a restart (sd_notify's FDSTORE)");
    v.field("instances", instances, "how many of it run: NAME@1, NAME@2, ...");
    v.field("user", user, "name, uid or \"uid:gid\"");
    v.field("group", group, "primary group");
    v.field("groups", groups, "supplementary groups");
    v.field("environment", environment, "variables");
    v.field("environment_file", environment_file,
            "files of NAME=value; a leading `-`: may be absent");
    v.field("environment_from_file", environment_from_file,
            "variables whose value is a file's content");
    v.field("clear_environment", clear_environment, "start from an empty environment");
    v.field("primary", primary, "its end stops the container, which exits with its code");
    v.field("restart", restart, "always, on-failure or never");
    v.field("success_exit_codes", success_exit_codes, "exit codes that are no failure");
    v.field("backoff", backoff, "waits between restarts");
    v.field("restart_limit", restart_limit, "when restarting is given up");
    v.field("stop", stop, "how it is stopped");
    v.field("reload", reload, "what `birl reload NAME` does");
    v.field("watch", watch, "files whose change makes it reload or restart");
    v.field("on_ready", on_ready, "runs each time it has become ready");
    v.field("on_exit", on_exit,
            "runs after each end, told how it ended by BIRL_EXIT_CODE and others");
    v.field("on_exit_timeout", on_exit_timeout, "after this on_exit gets KILL");
    v.field("stdio", stdio, "pipe, or inherit: birl's own descriptors instead of its logs");
    v.field("ready", ready, "when it is ready; others may wait for that");
    v.field("health", health, "whether it still works");
    v.field("log", log, "sinks of its output; [] keeps it in its ring only");
    v.field("pipeline", pipeline, "pipelines that its lines go through before any sink's");
    v.field("fields", fields, "set on every record; the application's own win");
    v.field("stderr_level", stderr_level, "level of a line on stderr that says none");
    v.field("ring", ring, "its log buffer");
  }
};

struct ControlConfig {
  std::string group;
  base::FileMode mode{0600};

  template <typename V>
  void visit(V& v) {
    v.field("group", group, "group of the control socket");
    v.field("mode", mode, "permissions of the control socket");
  }
};

struct BirlConfig {
  std::string runtime_directory = "/run/birl";
  std::string state_directory = "/var/lib/birl";
  base::Duration shutdown_timeout = base::seconds(9);
  std::optional<std::int32_t> exit_code;  // unset: "primary"
  std::map<std::string, std::int32_t> exit_code_map;
  std::map<std::string, std::string> signals;
  std::string host;  // empty: the host name
  LogLevel log_level = LogLevel::kInfo;
  ControlConfig control;
  RouterFailure router_failure = RouterFailure::kWait;
  base::ByteCount ring_memory{64U << 20U};
  base::ByteCount pipe_memory{8U << 20U};
  bool strict_identity = false;
  bool cgroups = true;

  template <typename V>
  void visit(V& v) {
    v.field("runtime_directory", runtime_directory, "sockets and state of this boot");
    v.field("state_directory", state_directory, "what outlives a boot: spools");
    v.field("shutdown_timeout", shutdown_timeout, "an orderly stop fits into this");
    v.field("exit_code", exit_code, "\"primary\", or a number to end with");
    v.field("exit_code_map", exit_code_map, "codes to replace, as in {143 = 0}");
    v.field("signals", signals, "what a signal to birl does");
    v.field("host", host, "this host's name in logs");
    v.field("log_level", log_level, "of birl's own messages");
    v.field("control", control, "who may use the control socket");
    v.field("router_failure", router_failure,
            "when the router cannot be started: wait or shutdown");
    v.field("ring_memory", ring_memory, "all rings together");
    v.field("pipe_memory", pipe_memory, "enlarged service pipes together");
    v.field("strict_identity", strict_identity,
            "a right that birl lacks for a service is a failed start, not a warning");
    v.field("cgroups", cgroups,
            "each service in a cgroup of its own, where birl may make one: what escapes is found");
  }
};

/// [http]: pages for probes and Prometheus.
struct HttpConfig {
  std::string listen;  // empty: off

  template <typename V>
  void visit(V& v) {
    v.field("listen", listen,
            "serves /livez /readyz /metrics there: \"9100\" on the loopback, \"ADDRESS:PORT\"; "
            "unset: off");
  }
};

/// A value of any scalar type, as text.
struct ScalarText {
  std::string text;
};

/// A [[test]] table, for `birl test`: lines in, records out.
struct TestConfig {
  std::string name;
  base::OneOrSeveral pipeline;
  std::string service;  // whose pipelines and fields; the record's service
  std::string stream = "stdout";
  std::vector<std::string> input;
  std::vector<std::map<std::string, ScalarText>> expect;  // compared on the keys that are named

  template <typename V>
  void visit(V& v) {
    v.field("name", name, "what is shown when it fails");
    v.field("pipeline", pipeline, "pipelines that the lines go through");
    v.field("service", service, "instead: the service whose pipelines they go through");
    v.field("stream", stream, "stdout or stderr");
    v.field("input", input, "lines");
    v.field("expect", expect, "records as tables, compared on the keys that are named");
  }
};

struct Config {
  bool configured = false;  // a file or BIRL_SET was read: not just `birl run CMD`
  BirlConfig birl;
  HttpConfig http;
  InitConfig init;
  FinishConfig finish;
  std::map<std::string, ServiceConfig> services;
  std::map<std::string, logging::SinkConfig> sinks;
  std::map<std::string, logging::PipelineConfig> pipelines;
  std::vector<TestConfig> tests;  // for `birl test` alone: not handed to PID 1

  template <typename V>
  void visit(V& v) {
    v.field("configured", configured);
    v.field("birl", birl);
    v.field("http", http);
    v.field("init", init);
    v.field("finish", finish);
    v.field("service", services);
    v.field("sink", sinks);
    v.field("pipeline", pipelines);
  }
};

}  // namespace supervisor
