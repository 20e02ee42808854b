// The explicit list of fuzz targets: each takes any bytes and says what is wrong, by an oracle that
// knows the answer another way (a round trip, a slow twin); empty: nothing is.
//
// `./dev fuzz` runs them under libFuzzer; corpus_test.cpp replays the seeds in corpus/ and a few
// thousand mutants of them in every test run. Pure but for static objects: one thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace fuzz {

[[nodiscard]] std::string try_lines(std::string_view data);
[[nodiscard]] std::string try_json(std::string_view data);
[[nodiscard]] std::string try_logfmt(std::string_view data);
[[nodiscard]] std::string try_syslog(std::string_view data);
[[nodiscard]] std::string try_timestamps(std::string_view data);
[[nodiscard]] std::string try_multiline(std::string_view data);
[[nodiscard]] std::string try_redact(std::string_view data);

struct Target {
  std::string_view name;  // also of its folder in corpus/
  std::string (*run)(std::string_view data);
};
inline constexpr std::array<Target, 7> kTargets{{{"lines", try_lines},
                                                 {"json", try_json},
                                                 {"logfmt", try_logfmt},
                                                 {"syslog", try_syslog},
                                                 {"timestamps", try_timestamps},
                                                 {"multiline", try_multiline},
                                                 {"redact", try_redact}}};

}  // namespace fuzz
