// The spool of one network sink: what was taken from the rings and is not yet acknowledged, on
// disk.
//
// A directory of segments, each named by its first sequence and appended to (spool_record.h), and
// the file `state` (spool_state.h). A record is appended before the rings' cursors move, and the
// state moves on after the lines are counted, so a router killed anywhere repeats records towards
// the destination but loses none and takes no line from a ring twice:
//
//     append record → (sync) → ring cursor = `to` → send → lines settled in the ring → state →
//     unlink
//
// Opening costs no more for a large spool than for a small one: a full segment ends with a summary
// of its rings, and only the last segment and the one that `state` points into are read. Damage is
// skipped to the next whole record. Bytes are bounded; drop_oldest() gives up a whole segment.
// Threads: one owner, which may block as the file system does.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "shippers/spool/spool_record.h"
#include "shippers/spool/spool_state.h"

namespace shippers {

struct SpoolLimits {
  static constexpr std::uint64_t kSegmentBytesMin = 64U << 10U;
  static constexpr std::uint64_t kSegmentBytesMax = 8U << 20U;
  static constexpr std::uint64_t kSegments = 16;  // of a full spool, unless they would be larger
};

class Spool {
 public:
  struct Options {
    std::string directory;
    std::uint64_t bytes_max = 0;
    bool sync = false;  // append() returns when the record is on the disk
  };

  /// What a ring's consumer remembers of the spool.
  struct RingMark {
    logging::Cursor cursor;
    std::uint64_t settled_sequence = 0;  // of the last record whose lines it has settled
  };
  /// The mark of all rings that are gone.
  static constexpr std::uint64_t kGoneRings = 0;

  /// What the spool holds of a ring.
  struct RingHolding {
    logging::Cursor to;                       // the largest of any record
    std::uint64_t lines = 0;                  // in records that the ring has not settled
    std::uint64_t lines_beyond = 0;           // of those, in records beyond the mark's cursor
    std::array<std::uint64_t, 16> dropped{};  // of records beyond the mark's cursor
  };
  struct Listed {
    std::uint64_t sequence = 0;
    std::vector<RingRange> ranges;
  };

  /// `marks` are the rings that live, and kGoneRings for all others that records speak of.
  [[nodiscard]] static base::Result<std::unique_ptr<Spool>> open(
      const Options& options, base::FileSystem& files,
      const std::map<std::uint64_t, RingMark>& marks);

  /// By ring id, as found by open().
  [[nodiscard]] const std::map<std::uint64_t, RingHolding>& holdings() const { return holdings_; }

  /// Nothing of the record is left behind when it fails. Returns its sequence.
  [[nodiscard]] base::Result<std::uint64_t> append(std::vector<RingRange> ranges,
                                                   std::uint32_t events, std::string payload);
  [[nodiscard]] bool has_room(std::size_t payload_bytes) const;

  /// The next batch that was not read yet; nothing: there is none.
  [[nodiscard]] base::Result<std::optional<SpoolRecord>> read_next();
  /// Every batch that was appended has been read.
  [[nodiscard]] bool is_read() const { return read_sequence_ + 1 >= next_sequence_; }

  /// Everything up to `sequence` is settled; segments that hold nothing else are deleted.
  [[nodiscard]] base::Result<void> done_to(std::uint64_t sequence);

  /// The batches of the oldest segment that are not done, so that they can be given up: settle them
  /// and call done_to() of the last.
  [[nodiscard]] base::Result<std::vector<Listed>> list_oldest();

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t bytes_max() const { return options_.bytes_max; }
  [[nodiscard]] std::uint64_t done_sequence() const { return state_.done_sequence(); }
  [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }
  [[nodiscard]] bool is_empty() const { return done_sequence() + 1 >= next_sequence_; }

 private:
  struct Segment {
    std::string path;
    std::uint64_t first = 0;
    std::uint64_t last = 0;  // below `first` when it is empty
    std::uint64_t bytes = 0;
    base::Fd file;
  };

  Spool(const Options& options, base::FileSystem& files, SpoolState state);

  [[nodiscard]] base::Result<void> find_segments();
  [[nodiscard]] base::Result<void> scan_last();
  [[nodiscard]] base::Result<void> recover(const std::map<std::uint64_t, RingMark>& marks);
  [[nodiscard]] base::Result<bool> recover_by_summary(
      const Segment& segment, const std::map<std::uint64_t, RingMark>& marks);
  void hold(const SpoolRecord& record, const std::map<std::uint64_t, RingMark>& marks);
  [[nodiscard]] base::Result<void> start_segment();
  void seal();
  [[nodiscard]] base::Result<void> write_all(Segment& segment, std::string_view bytes);
  void summarize(const SpoolRecord& record);
  void remove_done_segments();
  [[nodiscard]] std::uint64_t segment_bytes() const;

  Options options_;
  base::FileSystem& files_;
  SpoolState state_;
  std::deque<Segment> segments_;                // oldest first; the last is appended to
  bool last_is_closed_ = true;                  // no segment may be appended to
  std::map<std::uint64_t, RingRange> summary_;  // of the last segment
  std::map<std::uint64_t, RingHolding> holdings_;
  std::uint64_t bytes_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t read_sequence_ = 0;  // the last that was read
  std::size_t read_segment_ = 0;     // index
  std::uint64_t read_offset_ = 0;
};

}  // namespace shippers
