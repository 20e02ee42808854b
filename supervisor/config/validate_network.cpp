// Names of sinks, wherever they stand; where dead letters go; what the router listens on.
#include <fmt/format.h>

#include "base/listen_address.h"
#include "base/text.h"
#include "supervisor/config/node.h"
#include "supervisor/config/validate.h"

namespace supervisor {

void validate_sink_name(const Judge& judge, const std::string& name, const std::string& path) {
  if (judge.config().sinks.contains(name)) {
    return;
  }
  if (const Origin* removed = judge.removed_at(join_key("sink", name))) {
    judge.refuse(path, "use",
                 fmt::format("the sink \"{}\" was removed at {}", name, format_origin(*removed)));
    return;
  }
  std::vector<std::string> names;
  for (const auto& [known, sink] : judge.config().sinks) {
    names.push_back(known);
  }
  const auto near = base::nearest(name, names);
  judge.refuse(path, "use",
               fmt::format("there is no sink \"{}\" ({})", name,
                           near ? fmt::format("did you mean {}?", *near)
                                : fmt::format("there are: {}", fmt::join(names, ", "))));
}

void validate_dead_letters(const Judge& judge) {
  const auto& sinks = judge.config().sinks;
  for (const auto& [name, sink] : sinks) {
    if (!is_network(sink.type) || sink.network.dead_letter.empty()) {
      continue;
    }
    const std::string path = join_key("sink", name) + ".dead_letter";
    validate_sink_name(judge, sink.network.dead_letter, path);
    // What is refused everywhere would go round for ever.
    std::string way = name;
    auto at = sinks.find(name);
    for (std::size_t steps = 0; at != sinks.end() && steps <= sinks.size(); ++steps) {
      const bool goes_on = is_network(at->second.type) && !at->second.network.dead_letter.empty();
      at = goes_on ? sinks.find(at->second.network.dead_letter) : sinks.end();
      way += at == sinks.end() ? "" : " -> " + at->first;
      if (at != sinks.end() && at->first == name) {
        judge.refuse(path, "use", fmt::format("dead letters would go round: {}", way));
        break;
      }
    }
  }
}

void validate_http(const Judge& judge) {
  const std::string& listen = judge.config().http.listen;
  if (listen.empty()) {
    return;
  }
  if (const auto address = base::parse_listen_address(listen); !address) {
    judge.refuse("http.listen", "use", address.error().message);
  }
}

}  // namespace supervisor
