// A line as a syslog message (protocol card 4):
//
//     RFC 5424   <14>1 2024-01-02T03:04:05.678901Z h app - - [id@1 k="v"] text
//     RFC 3164   <14>Jan  2 03:04:05 h app: text
//
// The severity is what the line says of itself (logging/severity.h), else info, on stderr error.
// Header fields are cut to what the RFC allows, and what may not be in them becomes `_`. Times are
// UTC in 5424; 3164 has local time, and of the host the name before the first dot.
// Threads: the sink's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text_template.h"
#include "logging/sink_config.h"
#include "shippers/stream/stream_format.h"

namespace shippers {

class SyslogFormat final : public StreamFormat {
 public:
  struct Options {
    logging::SyslogSinkConfig config;
    std::uint64_t message_bytes = 8192;
    bool is_local = false;  // to the host's own daemon: 3164 without a host, as libc writes it
  };
  explicit SyslogFormat(const Options& options);

  [[nodiscard]] Framing framing() const override { return framing_; }
  [[nodiscard]] RequestLimits limits() const override {
    return stream_limits(options_.message_bytes);
  }
  void encode(const Line& line, std::string& key, std::string& text) const override;
  /// Without the structured data: it is where tokens stand.
  [[nodiscard]] std::string shown(std::string_view text) const override;

 private:
  using Parts = std::vector<base::TemplatePart>;

  void encode_5424(const Line& line, std::string& text) const;
  void encode_3164(const Line& line, std::string& text) const;

  Options options_;
  Framing framing_;
  Parts host_;
  Parts app_;
  Parts structured_data_;
};

}  // namespace shippers
