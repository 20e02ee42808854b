#include <fmt/format.h>

#include <map>

#include "supervisor/config/option_docs.h"

namespace supervisor {
namespace {

// What stands in the starter file instead of the default: the lines that make it run, and examples
// for options without a default. A value that begins with `=` is set, the rest are comments.
using Examples = std::map<std::string, std::string>;

const Examples& service_examples() {
  static const Examples kExamples{
      {"command", R"(=["sleep", "infinity"])"},
      {"primary", "=true"},
      {"schedule", R"("*/5 * * * *")"},
      {"timezone", R"("Europe/Berlin")"},
      {"timeout", R"("10m")"},
      {"umask", R"("0022")"},
      {"nice", "0"},
      {"oom_score_adjust", "0"},
      {"limits.open_files", "65536"},
      {"limits.core", R"("unlimited")"},
      {"limits.processes", "4096"},
      {"limits.memory_lock", R"("64MiB")"},
      {"limits.file_size", R"("unlimited")"},
      {"limits.stack", R"("8MiB")"},
      {"limits.address_space", R"("4GiB")"},
      {"capabilities.keep", R"(["NET_BIND_SERVICE"])"},
      {"directories", R"([{ path = "/var/lib/app", mode = "0750" }])"},
      {"allow", R"([{ group = "operators", verbs = ["restart", "status"] }])"},
      {"listen", R"(["tcp://0.0.0.0:80", "unix:/run/app/app.sock"])"},
      {"instances", "2"},
      {"stop.command", R"(["/usr/sbin/app", "--drain"])"},
      {"reload.check", R"(["/usr/sbin/app", "--check"])"},
      {"reload.command", R"(["/usr/sbin/app", "--reload"])"},
      {"watch.paths", R"(["/etc/app.conf"])"},
      {"on_ready", R"(["/scripts/announce.sh"])"},
      {"on_exit", R"(["/scripts/tidy.sh"])"},
      {"stdio", R"("pipe")"},
      {"restart", R"("on-failure")"},
      {"stop.to", R"("process")"},
      {"log", R"(["console", "files"])"},
      {"environment", R"({ TZ = "UTC" })"},
      {"environment_file", R"(["-/etc/default/app"])"},
      {"environment_from_file", R"({ TOKEN = "/run/secrets/token" })"},
      {"restart_limit.count", "5"},
      {"pipeline", "[]"},
      {"after", R"(["other"])"},
      {"wants", R"(["cache"])"},
      {"requires", R"(["migrate"])"},
      {"ready.fd", "3"},
      {"ready.tcp", "8080"},
      {"ready.http", R"("http://127.0.0.1:8080/healthz")"},
      {"ready.command", R"(["/usr/local/bin/is-ready"])"},
      {"ready.file", R"("/run/app/ready")"},
      {"ready.log_line", R"('listening on port \d+')"},
      {"ready.timeout", R"("30s")"},
      {"health.http", R"("http://127.0.0.1:8080/healthz")"},
      {"health.tcp", R"("127.0.0.1:8080")"},
      {"health.command", R"(["/usr/local/bin/is-healthy"])"},
  };
  return kExamples;
}

/// `own` and what all sinks have.
Examples sink_examples(Examples own) {
  own.merge(Examples{{"timestamp", R"("iso")"},
                     {"match.service", R"(["web*"])"},
                     {"match.stream", R"("stdout")"},
                     {"match.level", R"(">=warn")"},
                     {"match.message", R"(["time-?out"])"},
                     {"match.field", R"({ status = "5??" })"},
                     {"pipeline", "[]"}});
  return own;
}

const Examples& file_examples() {
  static const Examples kExamples = sink_examples({
      {"type", R"(="file")"},
      {"services", R"(=["*"])"},
      {"when_full", R"("block")"},
      {"timestamp", R"("iso")"},
      {"rotate.interval", R"("1h")"},
      {"rotate.keep_bytes", R"("1GiB")"},
      {"rotate.keep_age", R"("7d")"},
      {"rotate.command", R"(["/scripts/archived.sh"])"},
  });
  return kExamples;
}

std::string option_line(const OptionDoc& option, const Examples& examples) {
  const auto example = examples.find(option.key);
  std::string value = example == examples.end() ? option.default_value : example->second;
  const bool is_set = value.starts_with('=');
  if (is_set) {
    value.erase(0, 1);
  }
  return fmt::format("{}{} = {}  # {}\n", is_set ? "" : "# ", option.key, value, option.comment);
}

std::string table_text(const std::string& header, const TableDoc& table, const Examples& examples) {
  std::string out = fmt::format("\n[{}]\n", header);
  for (const OptionDoc& option : table.options) {
    if (option.key.find("[]") == std::string::npos) {  // the list itself has an example
      out += option_line(option, examples);
    }
  }
  return out;
}

}  // namespace

std::string starter_file() {
  const std::vector<TableDoc> tables = list_options();
  return "# birl.toml: read by birl at start; `birl check` tells what is wrong with it.\n"
         "# Lines that are comments show an option with its default or an example.\n" +
         table_text("birl", tables[0], {}) +
         table_text("service.app", tables[1], service_examples()) +
         table_text("sink.files", tables[5], file_examples()) +
         table_text("sink.console", tables[6],
                    sink_examples({{"type", "=\"console\""}, {"when_full", R"("block")"}})) +
         table_text("http", tables[2], {{"listen", R"("9100")"}}) +
         table_text("init", tables[3], {{"timeout", R"("1m")"}}) +
         table_text("finish", tables[4], {{"timeout", R"("5s")"}});
}

}  // namespace supervisor
