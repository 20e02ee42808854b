#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "supervisor/config/capability_names.h"
#include "supervisor/config/node.h"
#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

void validate_capabilities(const Judge& judge, const std::vector<std::string>& names,
                           const std::string& path) {
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (parse_capability(names[index])) {
      continue;
    }
    const auto near = base::nearest(names[index], capability_names());
    judge.refuse(fmt::format("{}[{}]", path, index), "use",
                 fmt::format("there is no capability \"{}\"{}", names[index],
                             near ? fmt::format(" (did you mean {}?)", *near) : ""));
  }
}

void validate_directories(const Judge& judge, const ServiceConfig& service,
                          const std::string& path) {
  for (std::size_t index = 0; index < service.directories.size(); ++index) {
    const DirectoryConfig& directory = service.directories[index];
    const std::string item = fmt::format("{}.directories[{}]", path, index);
    judge.require(directory.path.starts_with('/'), item,
                  fmt::format("its path \"{}\" does not begin with /", directory.path));
    judge.require(
        directory.path.find_first_not_of('/') != std::string::npos || directory.path.empty(), item,
        "its path is the root directory");
  }
}

void validate_allow(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  const std::vector<std::string> known(kAllowableVerbs.begin(), kAllowableVerbs.end());
  for (std::size_t index = 0; index < service.allow.size(); ++index) {
    const std::string item = fmt::format("{}.allow[{}]", path, index);
    judge.require(!service.allow[index].group.empty(), item, "it names no group");
    judge.require(!service.allow[index].verbs.empty(), item, "it names no verb");
    for (const std::string& verb : service.allow[index].verbs) {
      const auto near = base::nearest(verb, known);
      judge.require(std::ranges::find(known, verb) != known.end(), item,
                    fmt::format("a service knows no verb \"{}\"{}", verb,
                                near ? fmt::format(" (did you mean {}?)", *near) : ""));
    }
  }
}

void validate_script_directory(const Judge& judge, const std::string& directory,
                               const std::string& path) {
  judge.require(directory.starts_with('/'), path, "the path must begin with /");
}

}  // namespace

void validate_context(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  if (service.oom_score_adjust) {
    judge.require_range(*service.oom_score_adjust, -1000, 1000, path + ".oom_score_adjust");
  }
  if (service.capabilities.keep) {
    validate_capabilities(judge, *service.capabilities.keep, path + ".capabilities.keep");
  }
  validate_capabilities(judge, service.capabilities.ambient, path + ".capabilities.ambient");
  validate_directories(judge, service, path);
  validate_allow(judge, service, path);
  judge.require_signal(service.reload.signal, path + ".reload.signal");
  for (std::size_t index = 0; index < service.watch.paths.size(); ++index) {
    judge.require(service.watch.paths[index].starts_with('/'),
                  fmt::format("{}.watch.paths[{}]", path, index), "the path must begin with /");
  }
}

void validate_stages(const Judge& judge) {
  const Config& config = judge.config();
  validate_script_directory(judge, config.init.scripts, "init.scripts");
  validate_script_directory(judge, config.finish.scripts, "finish.scripts");
  validate_script_directory(judge, config.finish.before_stop, "finish.before_stop");
}

}  // namespace supervisor
