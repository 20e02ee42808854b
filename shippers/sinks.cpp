#include "shippers/sinks.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "shippers/console/console_sink.h"
#include "shippers/file/file_sink.h"
#include "shippers/http/http_destination.h"
#include "shippers/network/network_sink.h"

namespace shippers {

namespace {

FileRecordTable record_table(const logging::SinkContext& context) {
  std::vector<std::string> names;
  for (const logging::SinkConfig& sink : context.config.sinks) {
    names.push_back(sink.name);
  }
  return {context.file_records, names};
}

std::unique_ptr<logging::Sink> make_http_sink(const logging::SinkConfig& config,
                                              const logging::SinkContext& context,
                                              HttpClient& client) {
  return std::make_unique<NetworkSink>(
      config, NetworkSink::Parts{.report = context.report,
                                 .state = context.state,
                                 .diag = context.diag,
                                 .wake = context.wake,
                                 .files = std::make_unique<base::RealFileSystem>(),
                                 .destination = std::make_unique<HttpDestination>(config, client),
                                 .host = context.config.host,
                                 .state_directory = context.config.state_directory,
                                 .runtime_directory = context.config.runtime_directory,
                                 .seed = base::realtime_ns()});
}

}  // namespace

base::Result<std::unique_ptr<logging::Sink>> make_sink(const logging::SinkConfig& config,
                                                       const logging::SinkContext& context,
                                                       HttpClient& client) {
  const std::string& host = context.config.host;
  FileRecordTable records = record_table(context);
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
                             .realtime = base::realtime_ns});
    case logging::SinkType::kConsole:
      return ConsoleSink::make(config.name, config.console, host, records, context.report,
                               STDOUT_FILENO, STDERR_FILENO);
    case logging::SinkType::kHttp:
    case logging::SinkType::kLoggly:
    case logging::SinkType::kElasticsearch:
    case logging::SinkType::kLoki:
      return make_http_sink(config, context, client);
  }
  return base::fail(base::ErrorCode::kInvalid, "cannot make a sink: its type is unknown");
}

}  // namespace shippers
