#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/programs.h"

namespace supervisor {

namespace {

/// What the sink says, to the end of its pipe.
base::Result<std::string> read_all(int pipe) {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count = ::read(pipe, part.data(), part.size());
    if (count == 0) {
      return text;
    }
    if (count > 0) {
      text.append(part.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return base::fail_errno("cannot read what the router says");
    }
  }
}

/// "3 letters of loggly are sent again".
base::Result<std::string> describe(const std::string& sink, const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return base::fail(base::ErrorCode::kUnavailable,
                      fmt::format("cannot use the spool of {}: the router ended meanwhile; ask "
                                  "again",
                                  sink));
  }
  if (json.contains("error")) {
    return base::fail(
        base::ErrorCode::kUnavailable,
        fmt::format("cannot use the spool of {}: {}", sink, json["error"].get<std::string>()));
  }
  const auto count = [&](const char* name) { return json.value(name, std::uint64_t{0}); };
  if (json.contains("replayed")) {
    return fmt::format("{}: {} refused events are sent again\n", sink, count("replayed"));
  }
  if (json.contains("dropped_letters")) {
    return fmt::format("{}: {} refused events are forgotten\n", sink, count("dropped_letters"));
  }
  return fmt::format("{}: {} lines are dropped\n", sink, count("dropped_lines"));
}

base::Result<void> change_spool(const CommandOptions& options) {
  if (options.names.empty()) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot {} without the name of a sink", options.action));
  }
  const std::string& sink = options.names.front();
  const bool is_dead = options.action == "drop" && options.dead;
  const std::array<std::string, 3> words{"spool", is_dead ? "drop-dead" : options.action, sink};
  TRY_ASSIGN(const Reply reply, find_instance(options).ask(words));
  if (reply.fds.empty()) {
    return base::fail(base::ErrorCode::kDamaged, "cannot use the spool: birl sent no pipe");
  }
  TRY_ASSIGN(const std::string text, read_all(reply.fds[0].get()));
  TRY_ASSIGN(const std::string said, describe(sink, text));
  return print_out(options.json ? text : said);
}

}  // namespace

/// Looking is birl-router's, which knows what a spool is; changing is the running router's.
int cmd_spool(const CommandOptions& options) {
  if (options.action == "replay" || options.action == "drop") {
    const auto changed = change_spool(options);
    return changed ? kExitDone : report_error(changed.error());
  }
  std::vector<std::string> words{options.action};
  words.insert(words.end(), options.names.begin(), options.names.end());
  for (const std::string& path : options.config_paths) {
    words.insert(words.end(), {"-c", path});
  }
  if (options.json) {
    words.emplace_back("--json");
  }
  if (options.dead) {
    words.emplace_back("--dead");
  }
  words.insert(words.end(), {"--socket", find_socket(options)});
  return become_role(kRouterName, "spool", words);
}

}  // namespace supervisor
