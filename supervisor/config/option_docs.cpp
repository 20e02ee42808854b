#include "supervisor/config/option_docs.h"

#include <fmt/format.h>

#include "base/text.h"
#include "supervisor/config/option_lister.h"

namespace supervisor {

std::vector<TableDoc> list_options() {
  OptionLister birl;
  OptionLister init;
  OptionLister finish;
  OptionLister service;
  OptionLister file;
  OptionLister console;
  OptionLister pipeline;
  OptionLister test;
  BirlConfig birl_config;
  InitConfig init_config;
  FinishConfig finish_config;
  ServiceConfig service_config;
  logging::SinkConfig sink_config;
  logging::PipelineConfig pipeline_config;
  TestConfig test_config;
  birl_config.visit(birl);
  init_config.visit(init);
  finish_config.visit(finish);
  service_config.visit(service);
  sink_config.visit_common(file);
  sink_config.file.visit(file);
  sink_config.visit_common(console);
  sink_config.console.visit(console);
  pipeline_config.visit(pipeline);
  test_config.visit(test);
  return {{"birl", birl.take()},
          {"service.NAME", service.take()},
          {"sink.NAME (type \"file\")", file.take()},
          {"sink.NAME (type \"console\")", console.take()},
          {"init", init.take()},
          {"finish", finish.take()},
          {"pipeline.NAME", pipeline.take()},
          {"[test]", test.take()}};
}

std::string option_reference() {
  std::string out = "# Options\n";
  for (const TableDoc& table : list_options()) {
    out += fmt::format("\n## [{}]\n\n| key | type | default | |\n|---|---|---|---|\n", table.table);
    for (const OptionDoc& option : table.options) {
      const std::string shown =
          option.default_value.empty() ? "" : fmt::format("`{}`", option.default_value);
      out +=
          fmt::format("| `{}` | {} | {} | {} |\n", option.key, option.type, shown, option.comment);
    }
  }
  out +=
      "\n## [defaults]\n\nAny key of [service.NAME] but `command`, `type` and `primary`, for the "
      "services that do not set it. Without it: `log = [\"console\"]`.\n";
  return out;
}

}  // namespace supervisor
