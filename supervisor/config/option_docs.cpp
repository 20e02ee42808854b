#include "supervisor/config/option_docs.h"

#include <fmt/format.h>

#include "base/text.h"
#include "supervisor/config/option_lister.h"

namespace supervisor {

namespace {

std::vector<OptionDoc> list_sink_options(logging::SinkType type) {
  OptionLister lister;
  logging::SinkConfig sink;
  sink.type = type;
  sink.visit_common(lister);
  if (is_network(type)) {
    sink.network.visit(lister);
  }
  sink.visit_type(lister);
  return lister.take();
}

}  // namespace

std::vector<TableDoc> list_options() {
  OptionLister birl;
  OptionLister http;
  OptionLister init;
  OptionLister finish;
  OptionLister service;
  OptionLister pipeline;
  OptionLister test;
  BirlConfig birl_config;
  HttpConfig http_config;
  InitConfig init_config;
  FinishConfig finish_config;
  ServiceConfig service_config;
  logging::PipelineConfig pipeline_config;
  TestConfig test_config;
  birl_config.visit(birl);
  http_config.visit(http);
  init_config.visit(init);
  finish_config.visit(finish);
  service_config.visit(service);
  pipeline_config.visit(pipeline);
  test_config.visit(test);
  std::vector<TableDoc> tables{{"birl", birl.take()},
                               {"service.NAME", service.take()},
                               {"http", http.take()},
                               {"init", init.take()},
                               {"finish", finish.take()}};
  const auto names = enum_names(logging::SinkType{});
  for (std::size_t index = 0; index < names.size(); ++index) {
    tables.push_back({fmt::format("sink.NAME (type \"{}\")", names[index]),
                      list_sink_options(static_cast<logging::SinkType>(index))});
  }
  tables.push_back({"pipeline.NAME", pipeline.take()});
  tables.push_back({"[test]", test.take()});
  return tables;
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
