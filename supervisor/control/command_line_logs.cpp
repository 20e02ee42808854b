#include "supervisor/control/command_line_logs.h"

#include <CLI/CLI.hpp>

namespace supervisor {

namespace {

void add_rotate(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("rotate", "Begin new log files");
  verb->add_option("SINK", options.names, "Only the files of this sink")->expected(0, 1);
  verb->footer(
      "Returns at once; the router rotates what is not empty when the line at work has ended.");
}

void add_tap(CLI::App& app, CommandOptions& options) {
  CLI::App* verb =
      app.add_subcommand("tap", "Show what a sink writes or sends, as it does so; no secrets");
  verb->add_option("SINK", options.names, "The sink")->required()->expected(1);
  verb->footer(
      "Nobody waits for the reader: what does not fit into its pipe is left out, and told. Ends "
      "with "
      "the instance.");
}

void add_spool(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("spool", "Look into a network sink's spool, or change it");
  verb->add_option("ACTION", options.action, "ls, show, replay or drop")
      ->required()
      ->check(CLI::IsMember(spool_actions()));
  verb->add_option("SINK", options.names, "The sink; ls takes none, too: all")->expected(0, 1);
  verb->add_flag("--dead", options.dead, "show, drop: what was refused for good");
  verb->add_option("-c,--config", options.config_paths,
                   "ls, show: the configuration of an instance that does not run")
      ->type_name("PATH");
  verb->add_flag("--json", options.json, "Print JSON, for scripts");
  verb->footer(
      "replay sends again what was refused for good (dead_letter), and what waits, now. drop gives "
      "up what waits: its lines count as dropped.");
}

void add_logs(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("logs", "Print what services wrote lately");
  verb->add_option("NAME", options.names, "Services; none: all, merged by time as `name | line`");
  verb->add_flag("-f,--follow", options.follow, "Go on with what comes, until the instance ends");
  verb->add_option("-n,--lines", options.lines, "Only the last N lines of each service")
      ->check(CLI::Range(0, 1'000'000'000))
      ->type_name("N");
  verb->add_flag("-t,--timestamps", options.timestamps, "Put the time before each line");
  verb->add_option("--stream", options.stream, "Only stdout or only stderr")
      ->check(CLI::IsMember({"stdout", "stderr"}))
      ->type_name("STREAM");
  verb->add_option("--since", options.since,
                   "Only what came since then: 5m (ago), 2024-01-02T03:04:05Z, 2024-01-02")
      ->type_name("TIME");
  verb->add_option("--until", options.until, "Only what came before; with -f it ends then")
      ->type_name("TIME");
  verb->add_option("--grep", options.grep, "Only lines with this extended regular expression")
      ->type_name("REGEX");
  verb->add_flag("--json", options.json, "Print JSON, for scripts");
  verb->footer(
      "Read from the services' ring buffers: it works for services that log to no file, and costs "
      "the router nothing. `birl logs /var/log/birl/web/current` needs no instance: it reads that "
      "file and its archives, and shows a tai64n label as a time.");
}

}  // namespace

const std::vector<std::string>& spool_actions() {
  static const std::vector<std::string> kActions{"ls", "show", "replay", "drop"};
  return kActions;
}

void add_log_verbs(CLI::App& app, CommandOptions& options) {
  add_rotate(app, options);
  add_tap(app, options);
  add_spool(app, options);
  add_logs(app, options);
}

}  // namespace supervisor
