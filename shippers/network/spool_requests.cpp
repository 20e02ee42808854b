// `birl spool` as far as it changes something: it is done on the sink's own thread, which owns the
// spool.
#include <unistd.h>

#include <array>
#include <string_view>

#include "base/clock.h"
#include "base/json_writer.h"
#include "shippers/network/network_sink.h"

namespace shippers {

/// Returns how many lines that were.
base::Result<std::uint64_t> NetworkSink::drop_all() {
  std::uint64_t count = 0;
  for (bool moves = true; moves && !spool_->is_empty();) {
    const std::uint64_t done = spool_->done_sequence();
    TRY_ASSIGN(const std::uint64_t lines, courier_->drop_oldest(logging::DropReason::kRemoved));
    count += lines;
    moves = spool_->done_sequence() > done;  // a disk that has lost its segments has none to drop
  }
  return count;
}

base::Result<std::uint64_t> NetworkSink::do_with_spool(logging::SpoolAction action) {
  if (!open(base::monotonic_ns())) {
    return base::fail(base::ErrorCode::kUnavailable,
                      "its spool cannot be opened just now; birl status says why");
  }
  switch (action) {
    case logging::SpoolAction::kReplay:
      courier_->try_now();
      return dead_letters_ == nullptr ? 0 : dead_letters_->replay(*spool_);
    case logging::SpoolAction::kDrop:
      return drop_all();
    case logging::SpoolAction::kDropDead:
      return dead_letters_ == nullptr ? 0 : dead_letters_->forget();
  }
  return 0;
}

void NetworkSink::manage_spool(logging::SpoolAction action, base::Fd reply) {
  constexpr auto kCounts =
      std::to_array<std::string_view>({"replayed", "dropped_lines", "dropped_letters"});
  static_assert(kCounts.size() == static_cast<std::size_t>(logging::SpoolAction::kDropDead) + 1);
  const auto count = do_with_spool(action);
  base::JsonWriter json;
  json.begin_object().field("sink", config_.name);
  if (count) {
    json.field(kCounts[static_cast<std::size_t>(action)], *count);
  } else {
    json.field("error", count.error().message);
  }
  const std::string text = json.end_object().text() + "\n";
  [[maybe_unused]] const auto written = ::write(reply.get(), text.data(), text.size());
}

}  // namespace shippers
