// What Graylog makes of GELF, strictly and from protocol card 12: chunks put together (at most 128,
// all within 5 s of the first, each number once), gzip unpacked, and a message judged.
//
// Pure: time is passed in. Threads: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace support {

/// Empty: it is a GELF 1.1 message. Else why not.
[[nodiscard]] std::string find_gelf_problem(const std::string& text);

class GelfChunks {
 public:
  /// A datagram of at most `bytes_max`.
  void add(const std::string& datagram, std::size_t bytes_max, std::uint64_t now_ns);

  /// Whole messages, unpacked, in the order in which they became whole.
  [[nodiscard]] const std::vector<std::string>& messages() const { return messages_; }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] int chunked() const { return chunked_; }
  [[nodiscard]] bool is_waiting() const { return !open_.empty(); }

 private:
  struct Open {
    std::uint64_t since_ns = 0;
    std::map<int, std::string> pieces;
    int count = 0;
  };
  void take(const std::string& payload);

  std::map<std::string, Open> open_;  // by message id
  std::vector<std::string> messages_;
  std::vector<std::string> problems_;
  int chunked_ = 0;
};

}  // namespace support
