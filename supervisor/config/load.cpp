#include "supervisor/config/load.h"

#include <fmt/format.h>

#include <algorithm>

#include "supervisor/config/check_paths.h"
#include "supervisor/config/complete.h"
#include "supervisor/config/config_reader.h"
#include "supervisor/config/instances.h"
#include "supervisor/config/merge.h"
#include "supervisor/config/sources.h"
#include "supervisor/config/toml_reader.h"
#include "supervisor/config/validate.h"
#include "supervisor/config/zones.h"

namespace supervisor {
namespace {

MergedTree merge_all(const std::vector<SourceText>& sources, Problems& problems) {
  MergedTree tree;
  tree.root = make_table({});
  for (const SourceText& source : sources) {
    auto parsed = parse_toml(source.text, source.name);
    if (parsed) {
      merge_source(tree, *std::move(parsed), problems);
    } else {
      problems.error(parsed.error().origin, parsed.error().message);
    }
  }
  return tree;
}

/// `main` is there for a command, so that a configuration without one has no service at all.
void check_something_to_run(const LoadRequest& request, const LoadedConfig& loaded,
                            Problems& problems) {
  if (request.hold && request.command.empty()) {
    problems.error({}, "cannot hold: --hold needs a command to start");
  } else if (loaded.config.services.empty() && !problems.has_errors()) {
    const std::string message =
        fmt::format("cannot run anything: there is no service in {} and no command was given",
                    loaded.sources.empty() ? request.etc_directory
                                           : fmt::format("{}", fmt::join(loaded.sources, ", ")));
    if (request.needs_service) {
      problems.error({}, message);
    } else {
      problems.warn({}, message);
    }
  }
}

}  // namespace

bool LoadedConfig::failed(bool missing_is_error) const {
  return std::ranges::any_of(problems, [&](const Problem& problem) {
    return severity_name(problem.severity, missing_is_error) == "error";
  });
}

LoadedConfig load_config(const LoadRequest& request) {
  Problems problems;
  LoadedConfig loaded;
  check_variables(request.environment, problems);
  const std::vector<SourceText> sources = read_sources(request, problems);
  for (const SourceText& source : sources) {
    loaded.sources.push_back(source.name);
  }
  MergedTree tree = merge_all(sources, problems);
  complete_tree(tree, request, problems);
  Places places;
  loaded.config = read_config_tree(tree.root, request.environment, places, problems);
  loaded.config.configured = !sources.empty();
  load_zones(loaded.config, request, places, problems);
  validate(loaded.config, places, tree.removed, problems);
  if (request.check_paths) {
    check_paths(loaded.config, places, problems);
  }
  check_something_to_run(request, loaded, problems);
  expand_instances(loaded.config.services);
  loaded.merged = std::move(tree.root);
  loaded.problems = problems.sorted(loaded.sources);
  return loaded;
}

}  // namespace supervisor
