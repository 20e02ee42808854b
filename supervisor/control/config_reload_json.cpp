#include "supervisor/control/config_reload_json.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/json_writer.h"
#include "supervisor/control/protocol.h"

namespace supervisor {

namespace {

using Names = std::vector<std::string>;

void write_names(base::JsonWriter& json, std::string_view key, const Names& names) {
  json.key(key).begin_array();
  for (const std::string& name : names) {
    json.value(name);
  }
  json.end_array();
}

}  // namespace

std::string make_config_reload_json(const ConfigReloadProgress& progress,
                                    const std::string& trouble) {
  base::JsonWriter json;
  json.begin_object();
  if (progress.error) {
    json.field("error",
               fmt::format("{}\n{}", progress.error->message, fmt::join(progress.messages, "\n")));
    json.field("code", error_code_name(progress.error->code));
  } else {
    if (trouble.empty()) {
      json.field("ok", true);
    } else {
      json.field("error", fmt::format("the configuration is in effect, but {}", trouble));
      json.field("code", error_code_name(base::ErrorCode::kUnavailable));
    }
    write_names(json, "added", progress.added);
    write_names(json, "removed", progress.removed);
    write_names(json, "restarted", progress.restarted);
    write_names(json, "updated", progress.updated);
    write_names(json, "sinks", progress.sinks);
    write_names(json, "live", progress.live);
    write_names(json, "later", progress.later);
    write_names(json, "messages", progress.messages);
  }
  json.end_object();
  return json.text();
}

std::string describe_config_reload(const ConfigReloadProgress& progress) {
  const std::array<std::pair<std::string_view, const Names*>, 7> kinds{
      {{"added", &progress.added},
       {"removed", &progress.removed},
       {"restarted", &progress.restarted},
       {"updated without a restart", &progress.updated},
       {"sinks", &progress.sinks},
       {"in effect", &progress.live},
       {"waits until birl starts again", &progress.later}}};
  std::string text;
  for (const auto& [what, names] : kinds) {
    if (!names->empty()) {
      text += fmt::format("{}: {}\n", what, fmt::join(*names, " "));
    }
  }
  return text.empty() ? "nothing has changed\n" : text;
}

}  // namespace supervisor
