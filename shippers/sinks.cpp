#include "shippers/sinks.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "shippers/console/console_sink.h"
#include "shippers/file/file_sink.h"

namespace shippers {

using logging::Sink;
using logging::SinkConfig;
using logging::SinkContext;

base::Result<std::unique_ptr<Sink>> make_sink(const SinkConfig& config, const SinkContext& context,
                                              std::shared_ptr<SharedFiles> shared) {
  const std::string& host = context.config.host;
  switch (config.type) {
    case logging::SinkType::kFile:
      return FileSink::make(config.name, config.file, host, std::move(shared), context.report);
    case logging::SinkType::kConsole:
      return ConsoleSink::make(config.name, config.console, host, std::move(shared), context.report,
                               STDOUT_FILENO, STDERR_FILENO);
  }
  return base::fail(base::ErrorCode::kInvalid, "cannot make a sink: its type is unknown");
}

logging::SinkFactory sink_factory() {
  return [shared = std::shared_ptr<SharedFiles>()](
             const SinkConfig& config,
             const SinkContext& context) mutable -> base::Result<std::unique_ptr<Sink>> {
    if (shared == nullptr) {
      std::vector<std::string> names;
      for (const SinkConfig& sink : context.config.sinks) {
        names.push_back(sink.name);
      }
      shared = std::make_shared<SharedFiles>(std::make_unique<base::RealFileSystem>(),
                                             context.file_records, names);
    }
    return make_sink(config, context, shared);
  };
}

}  // namespace shippers
