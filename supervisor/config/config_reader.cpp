#include "supervisor/config/config_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "supervisor/config/load.h"
#include "supervisor/config/table_reader.h"

namespace supervisor {
namespace {

/// Names go into paths, ring names and templates: they must be one harmless path component.
bool is_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto is_name_character = [&](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= LoadLimits::kNameBytesMax &&
         is_alphanumeric(name.front()) && std::ranges::all_of(name, is_name_character);
}

class KeyCollector {
 public:
  template <typename T>
  void field(std::string_view name, T& /*member*/, std::string_view = {}) {
    keys.emplace_back(name);
  }
  std::vector<std::string> keys;
};

template <typename T>
std::vector<std::string> keys_of(T config) {
  KeyCollector collector;
  config.visit(collector);
  return std::move(collector.keys);
}

class ConfigReader {
 public:
  ConfigReader(const Environment& environment, Places& places, Problems& problems)
      : expander_(environment, problems),
        values_(expander_, places, problems),
        places_(places),
        problems_(problems) {}

  [[nodiscard]] Config read(Node& root) {
    Config config;
    read_single(root, "birl", config.birl);
    read_single(root, "http", config.http);
    read_single(root, "init", config.init);
    read_single(root, "finish", config.finish);
    read_named(root, "service", LoadLimits::kServicesMax, [&](const std::string& name, Node& node) {
      read_service(node, name, config.services[name]);
    });
    read_named(root, "sink", LoadLimits::kSinksMax, [&](const std::string& name, Node& node) {
      read_sink(node, name, config.sinks[name]);
    });
    read_named(
        root, "pipeline", LoadLimits::kPipelinesMax, [&](const std::string& name, Node& node) {
          values_.read(node, {join_key("pipeline", name), "", false}, config.pipelines[name]);
        });
    read_tests(root, config.tests);
    tell_unknown_tables(root);
    return config;
  }

 private:
  template <typename T>
  void read_single(Node& root, const std::string& table, T& member) {
    if (Node* node = root.find(table)) {
      values_.read(*node, {table, "", false}, member);
    }
  }

  template <typename F>
  void read_named(Node& root, const std::string& table, std::size_t count_max, F read_one) {
    Node* tables = root.find(table);
    if (tables == nullptr ||
        !values_.expect(*tables, NodeKind::kTable, {table, "", false}, "a table of tables")) {
      return;
    }
    if (tables->entries.size() > count_max) {
      problems_.error(tables->origin, fmt::format("cannot have {} tables [{}.NAME]: {} is the most",
                                                  tables->entries.size(), table, count_max));
      return;
    }
    for (auto& [name, node] : tables->entries) {
      if (!is_name(name)) {
        problems_.error(node.key_origin,
                        fmt::format("cannot use \"{}\" as the name of a {}: a name has letters, "
                                    "digits, `_`, `-` and `.`, begins with a letter or digit and "
                                    "has at most {} characters",
                                    name, table, LoadLimits::kNameBytesMax));
      } else if (values_.expect(node, NodeKind::kTable, {join_key(table, name), "", false},
                                "a table")) {
        read_one(name, node);
      }
    }
  }

  void read_tests(Node& root, std::vector<TestConfig>& tests) {
    Node* node = root.find("test");
    if (node == nullptr) {
      return;
    }
    if (node->items.size() > LoadLimits::kTestsMax) {
      problems_.error(node->origin, fmt::format("cannot have {} tables [[test]]: {} is the most",
                                                node->items.size(), LoadLimits::kTestsMax));
      return;
    }
    values_.read(*node, {"test", "", false}, tests);
  }

  void read_service(Node& node, const std::string& name, ServiceConfig& service) {
    const KeyPath path{join_key("service", name), "", false};
    const Scope scope = read_scope(node);
    expander_.set_scope(&scope);
    values_.read(node, path, service);
    expander_.set_scope(nullptr);
    service.name = name;
  }

  /// The service's own variables. They see birl's environment and not each other, so that
  /// PATH = "/opt/bin:${PATH}" means what it says.
  [[nodiscard]] Scope read_scope(Node& service) {
    Scope scope;
    Node* environment = service.find("environment");
    if (environment != nullptr && environment->kind == NodeKind::kTable) {
      for (auto& [key, node] : environment->entries) {
        expander_.expand(node);
        node.expanded = true;
        if (node.kind == NodeKind::kString) {
          scope.emplace(key, ScopeVariable{node.text, node.unresolved, node.secret});
        }
      }
    }
    return scope;
  }

  /// The keys of a sink's type stand beside those that all types share.
  void read_sink(Node& node, const std::string& name, logging::SinkConfig& sink) {
    const KeyPath path{join_key("sink", name), "", false};
    places_.add(path.real(), {node.origin, node.key_origin, path.shown()});
    TableReader reader(node, path, values_);
    sink.name = name;
    sink.visit_common(reader);
    if (node.find("type") == nullptr) {
      problems_.error(node.origin, fmt::format("cannot use {}: it needs a type ({})", path.shown(),
                                               fmt::join(enum_names(sink.type), " or ")));
    }
    tell_misplaced(reader);
    if (is_network(sink.type)) {
      sink.network.visit(reader);
    }
    sink.visit_type(reader);
    if (!places_.at(path.real() + ".type").unreadable && node.find("type") != nullptr) {
      reader.finish();
    }
  }

  /// Keys that sinks of another type have. What this one has is never asked for.
  static void tell_misplaced(TableReader& reader) {
    const logging::SinkConfig sink;
    add_misplaced(reader, keys_of(sink.otlp), "otlp");
    add_misplaced(reader, keys_of(sink.sumologic), "sumologic");
    add_misplaced(reader, keys_of(sink.newrelic), "newrelic");
    add_misplaced(reader, keys_of(sink.datadog), "datadog");
    add_misplaced(reader, keys_of(sink.splunk_hec), "splunk_hec");
    add_misplaced(reader, keys_of(sink.forward), "forward");
    add_misplaced(reader, keys_of(sink.gelf), "gelf");
    add_misplaced(reader, keys_of(sink.logstash), "logstash");
    add_misplaced(reader, keys_of(sink.logentries), "logentries");
    add_misplaced(reader, keys_of(sink.papertrail), "papertrail");
    add_misplaced(reader, keys_of(sink.syslog), "syslog");
    add_misplaced(reader, keys_of(sink.loki), "loki");
    add_misplaced(reader, keys_of(sink.elasticsearch), "elasticsearch");
    add_misplaced(reader, keys_of(sink.loggly), "loggly");
    add_misplaced(reader, keys_of(sink.http), "http");
    add_misplaced(reader, keys_of(sink.network), "http");
    add_misplaced(reader, keys_of(sink.console), "console");
    add_misplaced(reader, keys_of(sink.file), "file");
  }

  static void add_misplaced(TableReader& reader, const std::vector<std::string>& keys,
                            std::string_view type) {
    for (const std::string& key : keys) {
      reader.add_misplaced(key, fmt::format("it belongs to sinks of type \"{}\"", type));
    }
  }

  void tell_unknown_tables(const Node& root) {
    const std::vector<std::string> known{"birl",     "defaults", "finish", "http", "init",
                                         "pipeline", "service",  "sink",   "test"};
    for (const auto& [key, node] : root.entries) {
      if (std::ranges::find(known, key) == known.end()) {
        const auto near = base::nearest(key, known);
        problems_.error(node.key_origin,
                        fmt::format("cannot use {}: there is no such {}{}", join_key("", key),
                                    node.kind == NodeKind::kTable ? "table" : "key",
                                    near ? fmt::format(" (did you mean {}?)", *near) : ""));
      }
    }
  }

  Expander expander_;
  ValueReader values_;
  Places& places_;
  Problems& problems_;
};

}  // namespace

Config read_config_tree(Node& root, const Environment& environment, Places& places,
                        Problems& problems) {
  return ConfigReader(environment, places, problems).read(root);
}

}  // namespace supervisor
