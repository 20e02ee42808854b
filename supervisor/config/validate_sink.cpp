#include <fmt/format.h>

#include "base/text.h"
#include "supervisor/config/template_check.h"
#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

void validate_template(const Judge& judge, const std::string& text,
                       std::span<const std::string_view> names, const std::string& path) {
  if (const auto error = find_template_error(text, names)) {
    judge.refuse(path, "use", *error);
  }
}

void validate_rotate(const Judge& judge, const logging::RotateConfig& rotate,
                     const std::string& path) {
  judge.require(!rotate.interval || *rotate.interval >= base::seconds(1), path + ".interval",
                "it must be at least 1s");
  judge.require(!rotate.keep_age || *rotate.keep_age >= base::seconds(1), path + ".keep_age",
                "it must be at least 1s");
  if (!rotate.command.empty()) {
    judge.require(!rotate.command.argv.front().empty(), path + ".command", "the command is empty");
  }
}

bool is_of_records(logging::SinkFormat format) {
  return format == logging::SinkFormat::kJson || format == logging::SinkFormat::kLogfmt;
}

void validate_timestamp(const Judge& judge, logging::SinkFormat format,
                        std::optional<logging::Timestamp> timestamp, const std::string& path) {
  const bool is_wanted = timestamp && *timestamp != logging::Timestamp::kNone;
  judge.require(!is_of_records(format) || !is_wanted, path + ".timestamp",
                "json and logfmt carry the time themselves; leave timestamp out");
}

void validate_file(const Judge& judge, const logging::FileSinkConfig& file,
                   const std::string& path) {
  judge.require(file.path.starts_with('/'), path + ".path", "the path must begin with /");
  judge.require(!file.path.ends_with('/'), path + ".path", "the path names a directory, no file");
  validate_template(judge, file.path, logging::kPathNames, path + ".path");
  validate_timestamp(judge, file.format, file.timestamp, path);
  validate_rotate(judge, file.rotate, path + ".rotate");
  judge.require(file.sync_interval >= base::milliseconds(10), path + ".sync_interval",
                "it must be at least 10ms");
  judge.require(file.mode.bits <= 0777, path + ".mode", "it must be \"0000\" to \"0777\"");
}

void validate_console(const Judge& judge, const logging::ConsoleSinkConfig& console,
                      const std::string& path) {
  validate_template(judge, console.prefix, logging::kTextNames, path + ".prefix");
  judge.require(!is_of_records(console.format) || console.prefix.empty(), path + ".prefix",
                "json and logfmt lines begin with the record; leave prefix out");
  validate_timestamp(judge, console.format, console.timestamp, path);
}

/// A sink of a base image may name services that this image does not have: no error.
void validate_services(const Judge& judge, const logging::SinkConfig& sink,
                       const std::string& path) {
  std::vector<std::string> names;
  for (const auto& [name, service] : judge.config().services) {
    names.push_back(name);
  }
  for (std::size_t index = 0; index < sink.services.size(); ++index) {
    const std::string item = fmt::format("{}[{}]", path, index);
    std::string_view name = sink.services[index];
    name.remove_prefix(name.starts_with('!') ? 1 : 0);
    judge.require(!name.empty(), item, "the name is empty");
    const bool is_glob = name.find_first_of("*?") != std::string_view::npos;
    if (!name.empty() && !is_glob && !judge.config().services.contains(std::string(name))) {
      const auto near = base::nearest(name, names);
      judge.warn(item, "use",
                 fmt::format("there is no service \"{}\"{}", name,
                             near ? fmt::format(" (did you mean {}?)", *near) : ""));
    }
  }
}

}  // namespace

void validate_sink(const Judge& judge, const logging::SinkConfig& sink, const std::string& path) {
  validate_services(judge, sink, path + ".services");
  validate_match(judge, sink.match, path + ".match");
  validate_pipeline_names(judge, sink.pipeline, path + ".pipeline");
  switch (sink.type) {
    case logging::SinkType::kFile:
      validate_file(judge, sink.file, path);
      break;
    case logging::SinkType::kConsole:
      validate_console(judge, sink.console, path);
      break;
  }
}

}  // namespace supervisor
