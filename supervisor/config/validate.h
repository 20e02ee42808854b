// Checks a configuration as a whole: ranges, names that must exist, keys that need each other.
//
// Pure over the structs and the places of their keys; a value that could not be read was told by
// the reader and is not judged again.
#pragma once

#include <map>
#include <string>

#include "supervisor/config/config.h"
#include "supervisor/config/places.h"
#include "supervisor/config/problem.h"

namespace supervisor {

/// What the checks of validate*.cpp share.
class Judge {
 public:
  Judge(const Config& config, const Places& places, const std::map<std::string, Origin>& removed,
        Problems& problems)
      : config_(config), removed_(removed), places_(places), problems_(problems) {}

  /// "cannot VERB PATH: WHY" at the value's place; nothing if the value was not readable.
  void refuse(const std::string& path, std::string_view verb, std::string_view why) const;
  void warn(const std::string& path, std::string_view verb, std::string_view why) const;
  /// Refuses the value unless `valid`.
  void require(bool valid, const std::string& path, std::string_view why) const;
  void require_range(std::int64_t value, std::int64_t least, std::int64_t most,
                     const std::string& path) const;
  void require_signal(const std::string& name, const std::string& path) const;

  [[nodiscard]] bool has(const std::string& path) const { return places_.has(path); }
  [[nodiscard]] Place place(const std::string& path) const { return places_.at(path); }
  [[nodiscard]] bool readable(const std::string& path) const {
    return !places_.at(path).unreadable;
  }

  [[nodiscard]] const Config& config() const { return config_; }
  /// Where a table was taken out; null: it was not.
  [[nodiscard]] const Origin* removed_at(const std::string& path) const {
    const auto found = removed_.find(path);
    return found == removed_.end() ? nullptr : &found->second;
  }

 private:
  const Config& config_;
  const std::map<std::string, Origin>& removed_;
  const Places& places_;
  Problems& problems_;
};

void validate(const Config& config, const Places& places,
              const std::map<std::string, Origin>& removed, Problems& problems);

void validate_service(const Judge& judge, const ServiceConfig& service, const std::string& path);
void validate_pipeline(const Judge& judge, const logging::PipelineConfig& pipeline,
                       const std::string& path);
void validate_regexes(const Judge& judge, const base::Regexes& regexes, const std::string& path);
/// The pipelines that a service, a sink or a test names.
void validate_pipeline_names(const Judge& judge, const base::OneOrSeveral& names,
                             const std::string& path);
void validate_match(const Judge& judge, const logging::MatchConfig& match, const std::string& path);
void validate_level_name(const Judge& judge, const std::string& name, const std::string& path);
void validate_test(const Judge& judge, const TestConfig& test, const std::string& path);
/// Keys of a service's surroundings: limits, capabilities, directories, hooks.
void validate_context(const Judge& judge, const ServiceConfig& service, const std::string& path);
/// [init] and [finish].
void validate_stages(const Judge& judge);
/// `ready` and `health`.
void validate_checks(const Judge& judge, const ServiceConfig& service, const std::string& path);
/// `schedule` and what goes with it; `timeout`.
void validate_schedule(const Judge& judge, const ServiceConfig& service, const std::string& path);
/// `listen`: addresses that can be opened, each by one service, on descriptors of their own.
void validate_listen(const Judge& judge);
/// `after`, `wants` and `requires` of all services: names that exist, no cycle.
void validate_order(const Judge& judge);
void validate_sink(const Judge& judge, const logging::SinkConfig& sink, const std::string& path);
/// It begins with http:// or https://.
void validate_url(const Judge& judge, const std::string& url, const std::string& path);
/// There is a sink of that name.
void validate_sink_name(const Judge& judge, const std::string& name, const std::string& path);
/// `dead_letter` of all sinks: names that exist, no circle.
void validate_dead_letters(const Judge& judge);
/// [http].
void validate_http(const Judge& judge);
/// `x` and `x_file` exclude each other.
void validate_secret(const Judge& judge, const base::Secret& secret, const std::string& file,
                     const std::string& path);
void validate_auth(const Judge& judge, const logging::AuthConfig& auth, const std::string& path);
/// Of a sink whose type is syslog or a relative of it: the keys of its type.
void validate_stream_sink(const Judge& judge, const logging::SinkConfig& sink,
                          const std::string& path);
/// Of a sink whose type is one of logging/vendor_config.h: the keys of its type.
void validate_vendor_sink(const Judge& judge, const logging::SinkConfig& sink,
                          const std::string& path);

}  // namespace supervisor
