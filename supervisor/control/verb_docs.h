// The verbs with their options as data: what completion and the manual page are made from, so that
// they know what the command line knows. Made by command_line.cpp. Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace supervisor {

struct VerbDoc {
  enum class Takes : std::uint8_t { kNothing, kServices, kOther };
  struct Option {
    std::string long_name;   // "follow"; of a positional argument its name: "NAME"
    std::string short_name;  // "f"; may be empty
    std::string value;       // "N", "DURATION"; empty: it is a flag
    std::string description;
  };

  std::string name;
  std::string description;
  std::string footer;
  std::vector<Option> options{};
  std::vector<Option> arguments{};     // positional, in their order
  Takes takes = Takes::kNothing;       // what its arguments are
  std::vector<std::string> choices{};  // of its first argument, if it is one of few words
};

/// In the order of the help.
[[nodiscard]] std::vector<VerbDoc> list_verb_docs();

}  // namespace supervisor
