#include "shippers/sinks.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "shippers/console/console_sink.h"
#include "shippers/file/file_sink.h"

namespace shippers {

namespace {

FileRecordTable record_table(const logging::SinkContext& context) {
  std::vector<std::string> names;
  for (const logging::SinkConfig& sink : context.config.sinks) {
    names.push_back(sink.name);
  }
  return {context.file_records, names};
}

}  // namespace

base::Result<std::unique_ptr<logging::Sink>> make_sink(const logging::SinkConfig& config,
                                                       const logging::SinkContext& context) {
  const std::string& host = context.config.host;
  FileRecordTable records = record_table(context);
  // The configuration outlives the sink.
  const PipelineMaker pipeline = [&config,
                                  &context_config = context.config](const std::string& service) {
    return logging::make_pipeline(context_config, config, service);
  };
  switch (config.type) {
    case logging::SinkType::kFile:
      return FileSink::make({.name = config.name,
                             .config = config.file,
                             .host = host,
                             .files = std::make_unique<base::RealFileSystem>(),
                             .records = std::move(records),
                             .report = context.report,
                             .background_files = std::make_unique<base::RealFileSystem>(),
                             .background = context.background,
                             .wake = context.wake,
                             .realtime = base::realtime_ns,
                             .pipeline = pipeline});
    case logging::SinkType::kConsole:
      return ConsoleSink::make(config.name, config.console, host, records, context.report,
                               STDOUT_FILENO, STDERR_FILENO, pipeline);
  }
  return base::fail(base::ErrorCode::kInvalid, "cannot make a sink: its type is unknown");
}

}  // namespace shippers
