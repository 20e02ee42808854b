#include "shippers/sinks.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "shippers/console/console_sink.h"
#include "shippers/file/file_sink.h"
#include "shippers/http/http_destination.h"
#include "shippers/network/formatted_destination.h"
#include "shippers/network/network_sink.h"
#include "shippers/syslog/stream_sinks.h"

namespace shippers {

namespace {

FileRecordTable record_table(const logging::SinkContext& context) {
  std::vector<std::string> names;
  for (const logging::SinkConfig& sink : context.config.sinks) {
    names.push_back(sink.name);
  }
  return {context.file_records, names};
}

base::Result<std::unique_ptr<Destination>> make_destination(const logging::SinkConfig& config,
                                                            HttpClient& client) {
  if (is_http_vendor(config)) {
    return std::make_unique<HttpDestination>(config, client);
  }
  return make_stream_destination(config);
}

base::Result<std::unique_ptr<logging::Sink>> make_network_sink(const logging::SinkConfig& config,
                                                               const logging::SinkContext& context,
                                                               HttpClient& client,
                                                               PipelineMaker pipeline) {
  client.watch(context.hang_watch);
  TRY_ASSIGN(auto destination, make_destination(config, client));
  if (config.network.format || config.network.timestamp) {
    destination =
        std::make_unique<FormattedDestination>(config, context.config.host, std::move(destination));
  }
  return std::make_unique<NetworkSink>(
      config, NetworkSink::Parts{.report = context.report,
                                 .state = context.state,
                                 .diag = context.diag,
                                 .wake = context.wake,
                                 .files = std::make_unique<base::RealFileSystem>(),
                                 .destination = std::move(destination),
                                 .host = context.config.host,
                                 .state_directory = context.config.state_directory,
                                 .runtime_directory = context.config.runtime_directory,
                                 .pipeline = std::move(pipeline),
                                 .seed = base::realtime_ns(),
                                 .dead_letters = &context.dead_letters});
}

}  // namespace

base::Result<std::unique_ptr<logging::Sink>> make_sink(const logging::SinkConfig& config,
                                                       const logging::SinkContext& context,
                                                       HttpClient& client) {
  const std::string& host = context.config.host;
  FileRecordTable records = record_table(context);
  // The configuration outlives the sink.
  const PipelineMaker pipeline = [&config,
                                  &context_config = context.config](const std::string& service) {
    return logging::make_pipeline(context_config, config, service);
  };
  if (is_network(config.type)) {
    return make_network_sink(config, context, client, pipeline);
  }
  if (config.type == logging::SinkType::kConsole) {
    return ConsoleSink::make(config.name, config.console, host, records, context.report,
                             STDOUT_FILENO, STDERR_FILENO, pipeline);
  }
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
}

}  // namespace shippers
