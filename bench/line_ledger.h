// Keeps the books of numbered lines: which came, which are missing, doubled, late or damaged.
//
// A duplicate or a line out of order is known by its number alone, since only lines whose checksum
// is right are booked. Lines are numbered from 1; lines behind the last one that was seen are only
// known to be lost when the expected count is told.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct StreamCounts {
  std::uint64_t lines = 0;  // whole ones, duplicates too
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;  // came behind a line with a higher number
  std::uint64_t damaged = 0;    // names this stream, but the checksum is wrong
  std::uint64_t halves = 0;     // of generators that were to die in the middle of a line
  std::uint64_t surplus = 0;    // numbers above the expected count

  [[nodiscard]] bool clean() const {
    return lost == 0 && duplicated == 0 && reordered == 0 && damaged == 0 && surplus == 0;
  }
};

/// Whether the first lines may be gone, because rotation removed the oldest files.
enum class Beginning : std::uint8_t { kMustBeThere, kMayBeGone };

class LineLedger {
 public:
  struct Limits {
    std::uint64_t sequence_max = 1'000'000'000;  // one bit each is kept
  };
  struct Key {
    std::string id;
    std::string stream;
    auto operator<=>(const Key&) const = default;
  };

  explicit LineLedger(Beginning beginning) : beginning_(beginning) {}

  /// `text` is without its newline.
  void add(std::string_view text);
  /// From now on the lines 1..count of this stream, no more and no less, must be there.
  void expect(const Key& key, std::uint64_t count);

  [[nodiscard]] std::map<Key, StreamCounts> counts() const;
  [[nodiscard]] std::uint64_t foreign() const { return foreign_; }
  /// The first few lines that were damaged or foreign, cut to a readable length.
  [[nodiscard]] const std::vector<std::string>& samples() const { return samples_; }

 private:
  struct Stream {
    StreamCounts counts;
    std::vector<bool> seen;  // by sequence number
    std::uint64_t distinct = 0;
    std::uint64_t lowest = 0;  // 0: none yet
    std::uint64_t highest = 0;
    bool has_expectation = false;
    std::uint64_t expected = 0;
  };

  Stream& stream_of(std::string_view id, std::string_view name);
  static void book(Stream& stream, std::uint64_t sequence);
  [[nodiscard]] static std::uint64_t surplus_of(const Stream& stream);
  [[nodiscard]] std::uint64_t lost_of(const Stream& stream, std::uint64_t surplus) const;
  void keep_sample(std::string_view text);

  Beginning beginning_;
  Limits limits_;
  std::map<Key, Stream> streams_;
  Stream* last_ = nullptr;  // of the line before, and its name: nearly always the same again
  Key last_key_;
  std::uint64_t foreign_ = 0;
  std::vector<std::string> samples_;
};

}  // namespace bench
