#include "supervisor/control/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "supervisor/control/command_line_logs.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/verb_docs.h"
#include "supervisor/control/version.h"

namespace supervisor {

namespace {

constexpr const char* kAbout =
    "birl runs the services of a container, restarts what dies, and routes their logs.";
constexpr const char* kFooter =
    "A newcomer's three commands:\n"
    "  birl new                write a commented birl.toml\n"
    "  birl check -c birl.toml say what is wrong with it\n"
    "  birl run -c birl.toml   run it; `birl status` and `birl logs -f` in another shell\n"
    "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 no instance or no such service, "
    "4 timed out.";

const std::vector<std::string> kShells{"bash", "zsh", "fish"};
const std::vector<std::string> kPages{"birl", "birl.toml"};

void add_json(CLI::App& verb, CommandOptions& options) {
  verb.add_flag("--json", options.json, "Print JSON, for scripts");
}

void add_names(CLI::App& verb, CommandOptions& options, const char* description) {
  verb.add_option("NAME", options.names, description);
}

void add_timeout(CLI::App& verb, CommandOptions& options) {
  verb.add_option("--timeout", options.timeout, "Give up after this long (exit 4)")
      ->type_name("DURATION")
      ->default_str("60s");
}

void add_run(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("run", "Run an instance: services, restarts, logs");
  verb->add_option("-c,--config")
      ->description(
          "Configuration file or directory (repeatable); without it "
          "/etc/birl/birl.toml, conf.d and local.d")
      ->type_name("PATH");
  verb->add_flag("--hold")->description("Start only CMD, none of the services");
  verb->add_option("CMD")->description("The service `main`: its end is the end of the instance");
  verb->footer("Example: birl run -- nginx -g 'daemon off;'");
}

void add_check(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("check", "Say what is wrong with the configuration");
  verb->add_option("-c,--config")
      ->description("Configuration file or directory (repeatable)")
      ->type_name("PATH");
  verb->add_flag("--strict")->description("Missing variables, secrets and mounts are errors too");
  verb->add_flag("--show")->description(
      "Print the merged configuration with the origin of each key");
  verb->add_option("--line")
      ->description("Print the way of a line of that service: its record, and what each sink gets")
      ->type_name("SERVICE TEXT")
      ->expected(2);
  verb->add_flag("--json")->description("Print JSON, for scripts");
  verb->footer(
      "Ends with 2 when the configuration cannot be used. Good in a Dockerfile: "
      "RUN birl check");
}

void add_test(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("test", "Run the [[test]] tables of the configuration");
  verb->add_option("-c,--config")
      ->description("Configuration file or directory (repeatable)")
      ->type_name("PATH");
  verb->add_option("FILE")->description("The same as -c FILE");
  verb->add_flag("--json")->description("Print JSON, for scripts");
  verb->footer(
      "Lines go through a pipeline or a service's pipelines, and the records that come out are "
      "compared. Ends with 1 when one differs. Good in a Dockerfile: RUN birl test");
}

void add_new(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("new", "Write a commented starter configuration");
  verb->add_option("FILE", options.file, "Where to; - is standard output")
      ->default_str("birl.toml");
}

void add_status(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("status", "Show services, the router and sinks");
  verb->add_option("NAME", options.names, "Only this service")->expected(0, 1);
  verb->add_flag("--watch", options.watch, "Show it again whenever something happens");
  add_json(*verb, options);
  verb->footer(
      "States: stopped waiting starting running stopping backoff failed done.\n"
      "Counts of sinks are lines: received = delivered + dropped + buffered.");
}

void add_explain(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("explain", "Say why a service is as it is, and what is next");
  verb->add_option("NAME", options.names, "The service")->required()->expected(1);
  add_json(*verb, options);
}

void add_events(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("events", "Print what has happened lately");
  add_names(*verb, options, "Only of these services; none: all, and birl's own");
  verb->add_flag("-f,--follow", options.follow, "Go on with what comes, until the instance ends");
  verb->add_option("--since", options.after, "Only what came after the event of this number")
      ->type_name("SEQUENCE");
  add_json(*verb, options);
  verb->footer(
      "One line of JSON an event; on a terminal, without --json, a line for people.\n"
      "birl keeps the last 512. What is missing is told as an event `gap`; to go on after a break, "
      "give the last sequence that was seen.");
}

void add_trace(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("trace", "Print what birl's state machines were told lately");
  add_json(*verb, options);
  verb->footer("For a report of a bug: with --json a simulation can replay it.");
}

void add_transition(CLI::App& app, CommandOptions& options, const char* name,
                    const char* description) {
  CLI::App* verb = app.add_subcommand(name, description);
  const bool is_reload = std::string_view(name) == "reload";
  verb->add_option("NAME", options.names,
                   is_reload ? "Services; none: birl's own configuration" : "Services")
      ->required(!is_reload);
  verb->add_flag("--no-wait", options.no_wait, "Do not wait until it is done");
  add_timeout(*verb, options);
  add_json(*verb, options);
}

void add_scale(CLI::App& app, CommandOptions& options) {
  add_transition(app, options, "scale", "Have so many instances of a service");
  app.get_subcommand("scale")->get_option("NAME")->expected(1)->allow_extra_args(false);
  app.get_subcommand("scale")->add_option("N", options.count, "How many")->required();
}

void add_wait(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("wait", "Wait until services are in a state");
  verb->add_option("NAME", options.names, "Services")->required();
  verb->add_option("--for", options.wait_for, "ready, stopped or failed")
      ->check(CLI::IsMember({"ready", "stopped", "failed"}))
      ->type_name("STATE")
      ->default_str("ready");
  add_timeout(*verb, options);
  add_json(*verb, options);
  verb->footer(
      "Ends with 4 when it takes too long. Example: birl wait db --for ready --timeout 30s");
}

void add_signal(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("signal", "Send a signal to a service");
  verb->add_option("SIG", options.signal, "TERM, SIGTERM, 15 or RTMIN+3")->required();
  verb->add_option("NAME", options.names, "The service")->required()->expected(1);
  verb->add_flag("--group", options.group, "To its whole process group");
  verb->footer("Example: birl signal HUP nginx");
}

void add_shutdown(CLI::App& app, CommandOptions& options) {
  CLI::App* verb = app.add_subcommand("shutdown", "Stop everything and end the instance");
  verb->add_option("--exit-code", options.exit_code, "End with this code")
      ->check(CLI::Range(0, 255))
      ->type_name("N");
  verb->footer(
      "Returns at once. Without --exit-code the instance ends with the primary's code, with 0 when "
      "there is none.");
}

void add_upgrade(CLI::App& app, CommandOptions& options) {
  CLI::App* verb =
      app.add_subcommand("upgrade", "Have another birl take over, while the services run on");
  verb->add_option("BINARY", options.names, "Its path; none: where this one came from")
      ->expected(0, 1);
  add_json(*verb, options);
  verb->footer(
      "It is tried in a child first; whatever fails leaves all as it is. The process, its "
      "services, "
      "their pipes and sockets stay; clients that wait or follow are cut off.");
}

void add_healthy(CLI::App& app, CommandOptions& options) {
  CLI::App* verb =
      app.add_subcommand("healthy", "End with 0 if all is well, for HEALTHCHECK and probes");
  add_names(*verb, options, "Services; none: all that start at boot");
  verb->add_flag("--live", options.live, "Only: birl answers and no primary is lost");
  add_json(*verb, options);
  verb->footer("Prints what is wrong and ends with 1; with 3 when no birl answers.");
}

void add_probe(CLI::App& app, CommandOptions& options) {
  CLI::App* verb =
      app.add_subcommand("probe", "Look once whether something answers; needs no instance");
  verb->add_option("KIND", options.probe_kind, "http, tcp or file")
      ->required()
      ->check(CLI::IsMember({"http", "tcp", "file"}));
  verb->add_option("TARGET", options.names, "http://host:port/path; port, host:port or unix:/path")
      ->required()
      ->expected(1);
  verb->add_option("--timeout", options.timeout, "Give up after this long (exit 4)")
      ->type_name("DURATION")
      ->default_str("3s");
  verb->footer(
      "A URL is well with status 200 to 399. Names are looked for in /etc/hosts, not in DNS.\n"
      "Example: birl probe http http://127.0.0.1:8080/healthz");
}

void add_vendors(CLI::App& app, CommandOptions& options) {
  CLI::App* verb =
      app.add_subcommand("vendors", "List the sinks across a network and their limits");
  add_json(*verb, options);
  verb->footer("Their keys: `birl new -`. A request is never larger, whatever `batch` says.");
}

void add_words(CLI::App& app, CommandOptions& options, const char* name, const char* description,
               const char* argument, const std::vector<std::string>& choices) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->add_option(argument, options.names, fmt::format("{}", fmt::join(choices, ", ")))
      ->required()
      ->expected(1)
      ->check(CLI::IsMember(choices));
}

void add_version(CLI::App& app, CommandOptions& options) {
  add_json(*app.add_subcommand("version", "Print the version"), options);
}

std::unique_ptr<CLI::App> make_app(CommandOptions& options) {
  auto app = std::make_unique<CLI::App>(kAbout, "birl");
  app->set_version_flag("--version", std::string(kVersionLine));
  app->add_option("--socket", options.socket,
                  "The instance's control socket; without it $BIRL_SOCKET, then the usual places")
      ->type_name("PATH");
  app->require_subcommand(1);
  app->fallthrough();
  add_run(*app);
  add_check(*app);
  add_test(*app);
  add_new(*app, options);
  add_status(*app, options);
  add_explain(*app, options);
  add_events(*app, options);
  add_trace(*app, options);
  add_transition(*app, options, "start", "Start services");
  add_transition(*app, options, "stop", "Stop services");
  add_transition(*app, options, "restart", "Stop and start services");
  add_transition(*app, options, "reload", "Read the configuration again; make services do so");
  add_scale(*app, options);
  add_wait(*app, options);
  add_signal(*app, options);
  add_log_verbs(*app, options);
  add_shutdown(*app, options);
  add_upgrade(*app, options);
  add_healthy(*app, options);
  add_probe(*app, options);
  add_vendors(*app, options);
  add_words(*app, options, "completion", "Print what makes a shell complete birl's words", "SHELL",
            kShells);
  add_words(*app, options, "man", "Print a manual page, for `man -l -`", "PAGE", kPages);
  add_version(*app, options);
  app->footer(kFooter);  // last: a verb that has none would inherit it
  return app;
}

VerbDoc::Option describe_option(const CLI::Option& option) {
  const auto name_of = [](const std::vector<std::string>& names) {
    return names.empty() ? std::string() : names.front();
  };
  VerbDoc::Option doc{.long_name = name_of(option.get_lnames()),
                      .short_name = name_of(option.get_snames()),
                      .value = option.get_items_expected_max() == 0 ? "" : option.get_type_name(),
                      .description = option.get_description()};
  if (option.get_positional()) {
    doc.long_name = option.get_name();
  }
  return doc;
}

/// A verb's NAME is a service, but to `new`, `run` and the like.
VerbDoc::Takes find_takes(const VerbDoc& verb) {
  if (verb.arguments.empty()) {
    return VerbDoc::Takes::kNothing;
  }
  return verb.arguments.back().long_name == "NAME" ? VerbDoc::Takes::kServices
                                                   : VerbDoc::Takes::kOther;
}

VerbDoc describe_verb(const CLI::App& verb) {
  VerbDoc doc{
      .name = verb.get_name(), .description = verb.get_description(), .footer = verb.get_footer()};
  for (const CLI::Option* option : verb.get_options()) {
    (option->get_positional() ? doc.arguments : doc.options).push_back(describe_option(*option));
  }
  doc.takes = find_takes(doc);
  if (doc.name == "completion" || doc.name == "man") {
    doc.choices = doc.name == "man" ? kPages : kShells;
  } else if (doc.name == "spool") {
    doc.choices = spool_actions();
  }
  return doc;
}

/// `place` says where --help would say more: "birl status".
ParsedCommand make_usage_error(const std::string& message, const std::string& place) {
  ParsedCommand parsed;
  parsed.exit_code = kExitUsage;
  parsed.errors = "birl: cannot read the arguments: " + message + "; see `" + place + " --help`\n";
  return parsed;
}

ParsedCommand make_help(CLI::App& app, const CLI::Error& success) {
  ParsedCommand parsed;
  std::ostringstream out;
  std::ostringstream errors;
  app.exit(success, out, errors);
  parsed.out = out.str();
  return parsed;
}

}  // namespace

ParsedCommand parse_command(std::span<const std::string> words) {
  CommandOptions options;
  const auto app = make_app(options);
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 wants them
  try {
    app->parse(reversed);
  } catch (const CLI::Success& success) {
    return make_help(*app, success);
  } catch (const CLI::Error& error) {
    const auto verbs = app->get_subcommands();
    return make_usage_error(error.what(),
                            verbs.empty() ? "birl" : "birl " + verbs.front()->get_name());
  }
  options.verb = app->get_subcommands().front()->get_name();
  ParsedCommand parsed;
  parsed.options = std::move(options);
  return parsed;
}

std::vector<std::string> list_verbs() {
  std::vector<std::string> verbs;
  for (VerbDoc& doc : list_verb_docs()) {
    verbs.push_back(std::move(doc.name));
  }
  return verbs;
}

std::vector<VerbDoc> list_verb_docs() {
  CommandOptions options;
  const auto app = make_app(options);
  std::vector<VerbDoc> docs;
  for (const CLI::App* verb : app->get_subcommands({})) {
    docs.push_back(describe_verb(*verb));
  }
  return docs;
}

int print_help(const std::string& verb) {
  CommandOptions options;
  const auto app = make_app(options);
  const std::string text = verb.empty() ? app->help() : app->get_subcommand(verb)->help("birl");
  const auto printed = print_out(text);
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
