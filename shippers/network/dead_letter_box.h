// What a network sink's destination has refused for good: kept for `birl spool replay`, and told to
// the sink that `dead_letter` names.
//
// Letters of one record are buried together, in the order: append them to a spool of their own
// (below the sink's, `dead`), put each as a line of JSON where the router takes them
// (logging/router/dead_letters.h). The caller settles the record when all of that is done, so a
// router that dies in between does it again: a letter may come twice, none is lost. The spool is
// bounded; its oldest letters go.
//
//     {"time":"2024-01-02T03:04:05.678Z","sink":"loggly","reason":"...","event":"..."}
//
// Threads: the sink's. Owner: the sink.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "logging/router/dead_letters.h"
#include "shippers/spool/spool.h"

namespace shippers {

struct DeadLetterLimits {
  static constexpr std::uint64_t kBytes = 16U << 20U;
  /// The range of the event that is a record's reason.
  static constexpr std::uint16_t kReasonRange = 0xfffe;
  static constexpr std::uint16_t kNoRange = 0xffff;
};

class DeadLetterBox {
 public:
  struct Options {
    std::string sink;       // whose letters
    std::string target;     // the sink that gets them
    std::string directory;  // of the sink's spool
    std::uint64_t bytes_max = DeadLetterLimits::kBytes;
  };
  [[nodiscard]] static base::Result<std::unique_ptr<DeadLetterBox>> open(
      const Options& options, base::FileSystem& files, logging::DeadLetters& letters);

  /// True when all of `events`, of the record `sequence`, are buried. False: some wait for a better
  /// time; call again with the same. An error is the disk's: they are told all the same.
  [[nodiscard]] base::Result<bool> bury(std::uint64_t sequence, std::span<const SpoolEvent> events,
                                        const std::string& reason, std::uint64_t realtime_ns);

  /// Brings every letter back to `spool`, as events that no line is counted for. Returns how many.
  [[nodiscard]] base::Result<std::uint64_t> replay(Spool& spool);
  /// Forgets them. Returns how many.
  [[nodiscard]] base::Result<std::uint64_t> forget();

 private:
  DeadLetterBox(const Options& options, logging::DeadLetters& letters, std::unique_ptr<Spool> store)
      : options_(options), letters_(letters), store_(std::move(store)) {}

  [[nodiscard]] base::Result<void> keep(std::span<const SpoolEvent> events,
                                        const std::string& reason, std::uint64_t realtime_ns);
  [[nodiscard]] std::string line_of(const SpoolEvent& event, const std::string& reason,
                                    std::uint64_t realtime_ns) const;

  Options options_;
  logging::DeadLetters& letters_;
  std::unique_ptr<Spool> store_;
  std::optional<std::uint64_t> burying_;  // the record at work
  std::size_t told_ = 0;                  // of its events
};

/// The events of a record without the one that is its reason, as they are sent again.
[[nodiscard]] std::vector<SpoolEvent> letters_of(const SpoolRecord& record);

}  // namespace shippers
