#include "supervisor/config/complete.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace supervisor {
namespace {

constexpr std::string_view kMain = "main";
constexpr std::array<std::string_view, 3> kNoDefaults{"command", "type", "primary"};

/// The table `key` of `parent`, made if nothing is there; null if something else is (the reader
/// tells that).
Node* table_in(Node& parent, std::string_view key, const Origin& origin) {
  Node& node = parent.entries.try_emplace(std::string(key), make_table(origin)).first->second;
  return node.kind == NodeKind::kTable ? &node : nullptr;
}

Node take_defaults(Node& root, Problems& problems) {
  Node defaults = make_table({});
  if (Node* written = root.find("defaults")) {
    defaults = std::move(*written);
    root.entries.erase("defaults");
  }
  if (defaults.kind != NodeKind::kTable) {
    problems.error(defaults.origin, fmt::format("cannot read defaults: it must be a table, not {}",
                                                kind_name(defaults.kind)));
    defaults = make_table({});
  }
  for (const std::string_view key : kNoDefaults) {
    if (const Node* node = defaults.find(key)) {
      problems.error(node->key_origin,
                     fmt::format("cannot use defaults.{}: it belongs into a service", key));
      defaults.entries.erase(std::string(key));
    }
  }
  defaults.entries.try_emplace("log", make_strings({"(default)", 0, 0}, {"console"}));
  return defaults;
}

void add_console(MergedTree& tree) {
  const Origin origin{"(default)", 0, 0};
  Node* sinks = table_in(tree.root, "sink", origin);
  if (sinks == nullptr || sinks->find("console") != nullptr ||
      tree.removed.contains("sink.console")) {
    return;
  }
  table_in(*sinks, "console", origin)->entries.emplace("type", make_string(origin, "console"));
}

/// The service `main` is CMD and the only primary; --hold leaves the others to `birl start`.
void add_command(Node& root, const LoadRequest& request) {
  const Origin origin{"(command line)", 0, 0};
  Node* services = table_in(root, "service", origin);
  if (services == nullptr) {
    return;
  }
  for (auto& [name, service] : services->entries) {
    if (service.kind == NodeKind::kTable) {
      service.entries.erase("primary");
      if (request.hold) {
        service.entries.insert_or_assign("start", make_string(origin, "manual"));
      }
    }
  }
  if (Node* main = table_in(*services, kMain, origin)) {
    Node command = make_strings(origin, request.command);
    for (Node& argument : command.items) {
      argument.expanded = true;  // the user's shell did what there was to do
    }
    main->entries.insert_or_assign("command", std::move(command));
    main->entries.insert_or_assign("primary", make_boolean(origin, true));
    if (request.hold) {
      main->entries.insert_or_assign("start", make_string(origin, "boot"));
    }
  }
}

}  // namespace

void complete_tree(MergedTree& tree, const LoadRequest& request, Problems& problems) {
  add_console(tree);
  if (!request.command.empty()) {
    add_command(tree.root, request);
  }
  const Node defaults = take_defaults(tree.root, problems);
  Node* services = tree.root.find("service");
  if (services == nullptr || services->kind != NodeKind::kTable) {
    return;
  }
  for (auto& [name, service] : services->entries) {
    if (service.kind == NodeKind::kTable) {
      inherit(service, defaults);
    }
  }
}

}  // namespace supervisor
