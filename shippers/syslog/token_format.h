// Token TCP of Rapid7 InsightOps, once Logentries (protocol card 2): `TOKEN {"time":...}`, a line
// each.
//
// Threads: the sink's.
#pragma once

#include <string>

#include "logging/sink_config.h"
#include "shippers/stream/stream_format.h"

namespace shippers {

class TokenFormat final : public StreamFormat {
 public:
  explicit TokenFormat(logging::LogentriesSinkConfig config) : config_(std::move(config)) {}

  [[nodiscard]] RequestLimits limits() const override;
  void encode(const Line& line, std::string& key, std::string& text) const override;
  [[nodiscard]] base::Result<std::string> read_lead() const override;

 private:
  logging::LogentriesSinkConfig config_;
};

}  // namespace shippers
