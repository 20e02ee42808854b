// The option reference and the starter file, made from the visit lists of config.h, so that they
// say what the reader knows and nothing else.
//
// Pure; links no TOML parser, so that `birl new` can use it.
#pragma once

#include <string>
#include <vector>

namespace supervisor {

struct OptionDoc {
  std::string key;  // inside its table: "backoff.initial"
  std::string type;
  std::string default_value;  // as TOML; empty: unset
  std::string comment;
};

struct TableDoc {
  std::string table;  // "birl", "service.NAME", "sink.NAME (file)"
  std::vector<OptionDoc> options;
};

[[nodiscard]] std::vector<TableDoc> list_options();

/// docs: one Markdown table per TOML table.
[[nodiscard]] std::string option_reference();

/// What `birl new` writes: a working configuration with every other option as a comment.
[[nodiscard]] std::string starter_file();

}  // namespace supervisor
