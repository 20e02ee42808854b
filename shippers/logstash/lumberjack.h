// Lumberjack v2, the protocol of Beats and Logstash (protocol card 3.3), as far as a writer speaks
// it. A request is a window: W with its count, then each event as a J frame, sequences from 1; or
// all frames in one C frame, zlib. The receiver acknowledges by sequence, also parts; an
// acknowledgement of 0 says that it is still at work.
//
// Several windows may be open; each acknowledgement is for the oldest.
// Threads: one owner.
#pragma once

#include <deque>

#include "logging/network_config.h"
#include "shippers/stream/dialogue.h"
#include "shippers/stream/stream_format.h"

namespace shippers {

class Lumberjack final : public Dialogue {
 public:
  explicit Lumberjack(logging::Compress compress) : compress_(compress) {}

  [[nodiscard]] bool is_ready() const override { return true; }
  void write(const StreamRequest& request, std::string& out) override;
  [[nodiscard]] base::Result<void> read(std::string& input, std::string& out) override;
  [[nodiscard]] std::vector<std::uint64_t> take_confirmed() override;
  [[nodiscard]] std::uint32_t confirmed_messages(std::uint64_t id) const override;

 private:
  struct Window {
    std::uint64_t id = 0;
    std::uint32_t events = 0;
    std::uint32_t acknowledged = 0;
  };
  [[nodiscard]] base::Result<void> acknowledge(std::uint32_t sequence);

  logging::Compress compress_;
  std::deque<Window> windows_;
  std::vector<std::uint64_t> confirmed_;
};

class LumberjackFormat final : public StreamFormat {
 public:
  explicit LumberjackFormat(logging::Compress compress) : compress_(compress) {}

  [[nodiscard]] RequestLimits limits() const override;
  void encode(const Line& line, std::string& key, std::string& text) const override;
  [[nodiscard]] std::unique_ptr<Dialogue> start_dialogue() const override;

 private:
  logging::Compress compress_;
};

}  // namespace shippers
