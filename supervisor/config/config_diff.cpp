#include "supervisor/config/config_diff.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>

#include "base/codec.h"

namespace supervisor {

namespace {

/// A name stands for all keys below it too; the longest one that fits decides.
struct KeyRule {
  std::string_view name;
  enum class Effect { kLive, kRestart, kLater } effect;
};

constexpr auto kServiceKeys = std::to_array<KeyRule>({
    {"start", KeyRule::Effect::kLive},
    {"schedule", KeyRule::Effect::kLive},
    {"timezone", KeyRule::Effect::kLive},
    {"overlap", KeyRule::Effect::kLive},
    {"catch_up", KeyRule::Effect::kLive},
    {"timeout", KeyRule::Effect::kLive},  // of the next run
    {"after", KeyRule::Effect::kLive},
    {"wants", KeyRule::Effect::kLive},
    {"requires", KeyRule::Effect::kLive},
    {"primary", KeyRule::Effect::kLive},
    {"restart", KeyRule::Effect::kLive},
    {"success_exit_codes", KeyRule::Effect::kLive},
    {"backoff", KeyRule::Effect::kLive},
    {"restart_limit", KeyRule::Effect::kLive},
    {"stop", KeyRule::Effect::kLive},
    {"reload", KeyRule::Effect::kLive},
    {"watch", KeyRule::Effect::kLive},
    {"allow", KeyRule::Effect::kLive},
    {"on_ready", KeyRule::Effect::kLive},
    {"on_exit", KeyRule::Effect::kLive},
    {"on_exit_timeout", KeyRule::Effect::kLive},
    {"ready", KeyRule::Effect::kLive},
    {"ready.fd", KeyRule::Effect::kRestart},         // a descriptor of the process
    {"ready.sd_notify", KeyRule::Effect::kRestart},  // a variable of it
    {"health", KeyRule::Effect::kLive},
    {"health.watchdog", KeyRule::Effect::kRestart},
    {"log", KeyRule::Effect::kLive},
    {"pipeline", KeyRule::Effect::kLive},
    {"fields", KeyRule::Effect::kLive},
    {"stderr_level", KeyRule::Effect::kLive},
    {"ring", KeyRule::Effect::kLater},
});

constexpr auto kGlobalKeys = std::to_array<KeyRule>({
    {"birl.shutdown_timeout", KeyRule::Effect::kLive},
    {"birl.exit_code", KeyRule::Effect::kLive},
    {"birl.exit_code_map", KeyRule::Effect::kLive},
    {"birl.signals", KeyRule::Effect::kLive},
    {"birl.host", KeyRule::Effect::kLive},
    {"birl.log_level", KeyRule::Effect::kLive},
    {"birl.control", KeyRule::Effect::kLive},
    {"birl.router_failure", KeyRule::Effect::kLive},
    {"birl.pipe_memory", KeyRule::Effect::kLive},
    {"birl.strict_identity", KeyRule::Effect::kLive},  // of the next starts
    {"finish", KeyRule::Effect::kLive},
    {"http", KeyRule::Effect::kLive},
});

bool covers(std::string_view rule, std::string_view key) {
  return key == rule || (key.starts_with(rule) && key.substr(rule.size()).starts_with('.'));
}

template <std::size_t N>
KeyRule::Effect find_effect(const std::array<KeyRule, N>& rules, std::string_view key,
                            KeyRule::Effect otherwise) {
  const KeyRule* best = nullptr;
  for (const KeyRule& rule : rules) {
    if (covers(rule.name, key) && (best == nullptr || rule.name.size() > best->name.size())) {
      best = &rule;
    }
  }
  return best == nullptr ? otherwise : best->effect;
}

/// The content of each key, of tables in a table one level deep: "ready.fd".
class KeyContents {
 public:
  template <typename T>
  static KeyContents of(T object) {
    KeyContents contents;
    object.visit(contents);
    return contents;
  }

  template <typename T>
  void field(std::string_view name, T& member, std::string_view = {}) {
    if constexpr (base::Visitable<T, KeyContents>) {
      if (table_.empty()) {
        table_ = name;
        member.visit(*this);
        table_.clear();
        return;
      }
    }
    const std::string prefix = table_.empty() ? "" : table_ + ".";
    contents_.emplace_back(prefix + std::string(name), base::Encoder::encode(member));
  }

  /// Keys whose content is another one in `other`, which came from the same type.
  [[nodiscard]] std::vector<std::string> differences(const KeyContents& other) const {
    std::vector<std::string> keys;
    for (std::size_t index = 0; index < contents_.size(); ++index) {
      if (contents_[index] != other.contents_[index]) {
        keys.push_back(contents_[index].first);
      }
    }
    return keys;
  }

 private:
  std::string table_;  // the one being visited
  std::vector<std::pair<std::string, std::vector<std::byte>>> contents_;
};

template <typename T>
std::vector<std::string> changed_keys(const T& before, const T& after) {
  return KeyContents::of(before).differences(KeyContents::of(after));
}

void add_once(std::vector<std::string>& names, std::string name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.push_back(std::move(name));
  }
}

void diff_global(ConfigDiff& diff, std::string_view table, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const std::string name = std::string(table) + "." + key.substr(0, key.find('.'));
    const bool is_live =
        find_effect(kGlobalKeys, name, KeyRule::Effect::kLater) == KeyRule::Effect::kLive;
    add_once(is_live ? diff.live : diff.later, name);
  }
}

void diff_services(ConfigDiff& diff, const Config& before, const Config& after) {
  for (const auto& [name, service] : after.services) {
    const auto old = before.services.find(name);
    if (old == before.services.end()) {
      diff.added.push_back(name);
      continue;
    }
    const ServiceDiff change = diff_service(old->second, service);
    if (!change.restart.empty()) {
      diff.restarted.push_back(name);
    } else if (!change.live.empty()) {
      diff.updated.push_back(name);
    }
    for (const std::string& key : change.later) {
      diff.later.push_back("service." + name + "." + key);
    }
  }
  for (const auto& [name, service] : before.services) {
    if (!after.services.contains(name)) {
      diff.removed.push_back(name);
    }
  }
}

void diff_sinks(ConfigDiff& diff, const Config& before, const Config& after) {
  std::map<std::string, const logging::SinkConfig*> names;
  for (const auto& [name, sink] : before.sinks) {
    names[name] = &sink;
  }
  for (const auto& [name, sink] : after.sinks) {
    names.try_emplace(name, nullptr);
  }
  for (const auto& [name, old] : names) {
    const auto now = after.sinks.find(name);
    if (old == nullptr || now == after.sinks.end() ||
        base::Encoder::encode(*old) != base::Encoder::encode(now->second)) {
      diff.sinks.push_back(name);
    }
  }
}

}  // namespace

ServiceDiff diff_service(const ServiceConfig& before, const ServiceConfig& after) {
  ServiceDiff diff;
  for (const std::string& key : changed_keys(before, after)) {
    std::string name = key.substr(0, key.find('.'));
    switch (find_effect(kServiceKeys, key, KeyRule::Effect::kRestart)) {
      case KeyRule::Effect::kLive:
        add_once(diff.live, std::move(name));
        break;
      case KeyRule::Effect::kRestart:
        add_once(diff.restart, std::move(name));
        break;
      case KeyRule::Effect::kLater:
        add_once(diff.later, std::move(name));
        break;
    }
  }
  return diff;
}

void keep_what_waits(const Config& running, Config& next) {
  next.birl.runtime_directory = running.birl.runtime_directory;
  next.birl.state_directory = running.birl.state_directory;
  next.birl.ring_memory = running.birl.ring_memory;
  next.birl.cgroups = running.birl.cgroups;
  next.init = running.init;
  for (auto& [name, service] : next.services) {
    if (const auto old = running.services.find(name); old != running.services.end()) {
      service.ring = old->second.ring;
    }
  }
}

ConfigDiff diff_config(const Config& before, const Config& after) {
  ConfigDiff diff;
  diff_services(diff, before, after);
  diff_sinks(diff, before, after);
  diff_global(diff, "birl", changed_keys(before.birl, after.birl));
  diff_global(diff, "http", changed_keys(before.http, after.http));
  diff_global(diff, "init", changed_keys(before.init, after.init));
  diff_global(diff, "finish", changed_keys(before.finish, after.finish));
  return diff;
}

}  // namespace supervisor
