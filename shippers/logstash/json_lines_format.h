// Logstash's tcp input with its codec json_lines (protocol card 3.1): an object a line, and no
// answer.
//
// Threads: the sink's.
#pragma once

#include "shippers/stream/stream_format.h"

namespace shippers {

class JsonLinesFormat final : public StreamFormat {
 public:
  [[nodiscard]] RequestLimits limits() const override;
  void encode(const Line& line, std::string& key, std::string& text) const override;
};

}  // namespace shippers
