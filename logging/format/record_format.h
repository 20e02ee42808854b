// A record as a line of output: the explicit list of formats.
//
//     json     {"time":"...","level":"warn","service":"web","stream":"stdout","host":"h",
//              "message":"..."} and then the fields, which win where they have one of these names
//     logfmt   the same as time=... level=... message="..."
//     text     its raw text; what stands before it is the sink's affair
//
// JSON is always valid: bytes that are no UTF-8 become U+FFFD. A record that is more than one line
// stays one line in json and logfmt. Every line ends with a newline. Threads: one owner.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "logging/format/text_buffer.h"
#include "logging/format/time_text.h"
#include "logging/record.h"

namespace logging {

enum class RecordFormat : std::uint8_t { kText, kJson, kLogfmt };

class RecordFormatter {
 public:
  /// What stands before a record's raw text; good until the next call.
  using Head = std::function<std::string_view(const Record&)>;

  RecordFormatter(RecordFormat format, std::string host, Head head = {});

  /// Writes a record in a form of its own: what a network sink's destination wants.
  using Write = std::function<void(const Record&, TextBuffer&)>;
  explicit RecordFormatter(Write write);

  void append(const Record& record, TextBuffer& out);

 private:
  void append_json(const Record& record, TextBuffer& out);
  void append_logfmt(const Record& record, TextBuffer& out);

  RecordFormat format_;
  std::string host_;
  Head head_;
  Write write_;
  TimeText time_;
};

}  // namespace logging
