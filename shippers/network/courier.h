// Brings what is in the spool to the destination, and settles it: the moving part around the pure
// delivery machine.
//
// It reads a few records ahead, sends what the machine says, takes the answers (from any thread)
// and settles each record: first the rings' lines, then the spool's state.
// Threads: step() and what it calls are the sink's; answers come from any. Owner: the sink.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shippers/delivery/delivery_machine.h"
#include "shippers/network/dead_letter_box.h"
#include "shippers/network/destination.h"
#include "shippers/network/line_ledger.h"
#include "shippers/spool/spool.h"

namespace shippers {

class Courier {
 public:
  /// `wake` is called from any thread when an answer has come.
  Courier(const DeliveryMachine::Options& options, Spool& spool, LineLedger& ledger,
          Destination& destination, std::function<void()> wake);

  /// What is refused goes there; it outlives the courier.
  void set_dead_letters(DeadLetterBox& box) { dead_letters_ = &box; }
  /// The router ends, and what is refused from now on would reach nobody: it stays in the spool.
  void hold_dead_letters() { holds_letters_ = true; }

  /// All that can be done now. An error is the spool's; the rest goes on.
  [[nodiscard]] base::Result<void> step(std::uint64_t now_ns);

  /// Gives up the oldest segment of the spool: to make room, or because somebody says so. Returns
  /// how many lines that were.
  [[nodiscard]] base::Result<std::uint64_t> drop_oldest(logging::DropReason reason);

  /// The end is near: nothing waits for a better time.
  void hurry();
  /// Nothing waits for a better time just now.
  void try_now() { machine_.hurry(); }
  [[nodiscard]] std::uint64_t due_at_ns() const;
  [[nodiscard]] DeliveryMachine::State state() const { return machine_.state(); }
  /// Why the destination does not take what it should; the last time that it did not.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Counts what step() saw rejected, so that the sink can tell it once.
  [[nodiscard]] std::uint64_t rejections() const { return rejections_; }
  /// Requests that were not the end of their events.
  [[nodiscard]] std::uint64_t retries() const { return retries_; }
  /// A record is done but for its dead letters, which nobody takes now.
  [[nodiscard]] bool has_letters() const { return settling_.has_value(); }
  /// Realtime of the oldest line that is on its way; 0: there is none, or nobody knows.
  [[nodiscard]] std::uint64_t oldest_ns() const;

 private:
  struct Loaded {
    SpoolRecord record;
    std::vector<SpoolEvent> events;  // views of record.payload
    std::string reason;              // why some were refused
  };

  void take_answers(std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> settle(std::uint64_t now_ns);
  [[nodiscard]] base::Result<bool> bury(const Loaded& loaded, const Settlement& settlement);
  [[nodiscard]] base::Result<void> finish_settling(std::uint64_t done);
  void count_lines(const Loaded& loaded, const Settlement& settlement);
  [[nodiscard]] base::Result<void> load();
  [[nodiscard]] std::vector<std::uint32_t> plan_requests(std::vector<SpoolEvent>& events) const;
  void send(std::uint64_t now_ns);

  Spool& spool_;
  LineLedger& ledger_;
  Destination& destination_;
  std::function<void()> wake_;
  DeliveryMachine machine_;
  std::map<std::uint64_t, std::unique_ptr<Loaded>> loaded_;  // by sequence
  std::map<std::uint64_t, Shipment> in_flight_;              // by request
  std::uint64_t next_request_ = 1;
  DeadLetterBox* dead_letters_ = nullptr;  // null: what is refused is dropped
  std::optional<Settlement> settling_;     // its dead letters are not all buried
  std::uint64_t settle_at_ns_ = 0;         // when it is tried again
  bool holds_letters_ = false;
  std::uint64_t retries_ = 0;
  bool hurrying_ = false;
  std::string reason_;
  std::uint64_t rejections_ = 0;

  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Outcome>> answers_;
};

}  // namespace shippers
