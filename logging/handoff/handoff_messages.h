// The messages between PID 1 and the router over one SEQPACKET socket.
//
//     PID 1                                  router
//     Hello  + state, config, staging r/w, diag   (once, first)
//     Service + ring, one fd per pipe   --->      (one per service; at most kUnacknowledgedMax
//                                       <--- Ack   without their Ack, for the kernel limits
//                                       descriptors
//                                                  in flight)
//     DeadLetters + fd  (one per sink that gets some)
//     Go                                --->      recovery runs now, then the threads start
//                                       <--- Ready
//     Pipe + fd  (a new incarnation)    --->
//     ClosePipe  (lingers too long)     --->      reads what is there, then answers PipeEnded
//                                       <--- PipeEnded: end of file seen and committed
//     Reopen, Rotate, Drain             --->
//     Tap + fd                          --->      copies what the sink writes into that pipe
//     AwaitLine                         --->      looks for a line of one run of a service
//                                       <--- LineSeen: it is in the ring
//     Spool + fd                        --->      does it to the sink's spool, says so in that pipe
//                                       <--- Drained: every committed line is delivered or the
//                                            deadline has passed
//     Retire                            --->      reads no more, delivers what the rings hold (as
//                                                 long as the deadline allows), and ends: another
//                                                 router goes on
//
// Encoding: one byte of kind, then the struct by base/codec.h. A message that cannot be decoded
// ends the router (it is a bug); PID 1 answers one with killing the router.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "logging/handoff/ring_layout.h"

namespace logging {

struct HandoffLimits {
  static constexpr std::size_t kUnacknowledgedMax = 8;
  static constexpr std::size_t kServices = 2048;
};

enum class MessageKind : std::uint8_t {
  kHello = 1,
  kService,
  kGo,
  kPipe,
  kClosePipe,
  kReopen,
  kRotate,
  kDrain,
  kRetire,
  kTap,
  kAwaitLine,
  kDeadLetters,
  kSpool,  // from PID 1
  kAck = 64,
  kReady,
  kPipeEnded,
  kDrained,
  kLineSeen,  // from the router
};

/// fds: state memfd, config memfd (an encoded RouterConfig), staging pipe's read and write end, the
/// write end of birl's own message pipe; perhaps a file for the file records, which outlives the
/// container (router_state_file.h).
struct HelloMessage {
  static constexpr MessageKind kKind = MessageKind::kHello;
  std::uint64_t config_bytes = 0;
  bool last_was_killed = false;  // the router before, by KILL: no frame that it was at did that
  template <typename V>
  void visit(V& v) {
    v.field("config_bytes", config_bytes);
    v.field("last_was_killed", last_was_killed);
  }
};

struct PipeInfo {
  std::uint32_t slot = 0;  // 0 .. RingLimits::kPipes - 1, free in the ring
  Stream stream = Stream::kStdout;
  std::uint16_t incarnation = 0;
  template <typename V>
  void visit(V& v) {
    v.field("slot", slot);
    v.field("stream", stream);
    v.field("incarnation", incarnation);
  }
};

/// fds: the ring, its mirror if it has one (ring_map.h), then the read end of each pipe in order.
struct ServiceMessage {
  static constexpr MessageKind kKind = MessageKind::kService;
  std::uint32_t service_id = 0;
  std::string name;
  std::vector<std::string> sinks;  // names in RouterConfig
  std::vector<PipeInfo> pipes;
  bool has_mirror = false;
  template <typename V>
  void visit(V& v) {
    v.field("has_mirror", has_mirror);
    v.field("service_id", service_id);
    v.field("name", name);
    v.field("sinks", sinks);
    v.field("pipes", pipes);
  }
};

struct GoMessage {
  static constexpr MessageKind kKind = MessageKind::kGo;
  template <typename V>
  void visit(V&) {}
};

/// fds: the pipe's read end.
struct PipeMessage {
  static constexpr MessageKind kKind = MessageKind::kPipe;
  std::uint32_t service_id = 0;
  PipeInfo pipe;
  template <typename V>
  void visit(V& v) {
    v.field("service_id", service_id);
    v.field("pipe", pipe);
  }
};

struct ClosePipeMessage {
  static constexpr MessageKind kKind = MessageKind::kClosePipe;
  std::uint32_t service_id = 0;
  std::uint32_t slot = 0;
  template <typename V>
  void visit(V& v) {
    v.field("service_id", service_id);
    v.field("slot", slot);
  }
};

struct ReopenMessage {
  static constexpr MessageKind kKind = MessageKind::kReopen;
  template <typename V>
  void visit(V&) {}
};

struct RotateMessage {
  static constexpr MessageKind kKind = MessageKind::kRotate;
  std::string sink;  // empty: all file sinks
  template <typename V>
  void visit(V& v) {
    v.field("sink", sink);
  }
};

struct DrainMessage {
  static constexpr MessageKind kKind = MessageKind::kDrain;
  std::uint64_t deadline_monotonic_ns = 0;
  template <typename V>
  void visit(V& v) {
    v.field("deadline_monotonic_ns", deadline_monotonic_ns);
  }
};

struct RetireMessage {
  static constexpr MessageKind kKind = MessageKind::kRetire;
  std::uint64_t deadline_monotonic_ns = 0;
  template <typename V>
  void visit(V& v) {
    v.field("deadline_monotonic_ns", deadline_monotonic_ns);
  }
};

/// fds: the write end of the pipe that somebody reads.
struct TapMessage {
  static constexpr MessageKind kKind = MessageKind::kTap;
  std::string sink;
  template <typename V>
  void visit(V& v) {
    v.field("sink", sink);
  }
};

/// One line that any of the regexes is found in, of the run whose pipes are `incarnation`. It
/// replaces what was awaited of this service before.
struct AwaitLineMessage {
  static constexpr MessageKind kKind = MessageKind::kAwaitLine;
  std::uint32_t service_id = 0;
  std::uint16_t incarnation = 0;
  std::vector<std::string> regexes;
  template <typename V>
  void visit(V& v) {
    v.field("service_id", service_id);
    v.field("incarnation", incarnation);
    v.field("regexes", regexes);
  }
};

/// What sinks are refused for good and is to go to `sink`, they write into this pipe, a JSON object
/// a line. Before Go. fds: its write end, which never blocks.
struct DeadLettersMessage {
  static constexpr MessageKind kKind = MessageKind::kDeadLetters;
  std::string sink;
  bool had_writer = false;  // a router before this one: it may have left half a line
  template <typename V>
  void visit(V& v) {
    v.field("sink", sink);
    v.field("had_writer", had_writer);
  }
};

/// kReplay: what was refused for good is sent again, and what waits for a better time, now. kDrop:
/// what waits is given up. kDropDead: what was refused is forgotten.
enum class SpoolAction : std::uint8_t { kReplay, kDrop, kDropDead };

/// fds: the write end of the pipe that gets the answer, a JSON object.
struct SpoolMessage {
  static constexpr MessageKind kKind = MessageKind::kSpool;
  std::string sink;
  SpoolAction action = SpoolAction::kReplay;
  template <typename V>
  void visit(V& v) {
    v.field("sink", sink);
    v.field("action", action);
  }
};

struct AckMessage {
  static constexpr MessageKind kKind = MessageKind::kAck;
  std::uint32_t service_id = 0;
  bool accepted = true;  // false: the ring is damaged and must be replaced
  std::string error;
  template <typename V>
  void visit(V& v) {
    v.field("service_id", service_id);
    v.field("accepted", accepted);
    v.field("error", error);
  }
};

struct ReadyMessage {
  static constexpr MessageKind kKind = MessageKind::kReady;
  template <typename V>
  void visit(V&) {}
};

struct PipeEndedMessage {
  static constexpr MessageKind kKind = MessageKind::kPipeEnded;
  std::uint32_t service_id = 0;
  std::uint32_t slot = 0;
  template <typename V>
  void visit(V& v) {
    v.field("service_id", service_id);
    v.field("slot", slot);
  }
};

struct LineSeenMessage {
  static constexpr MessageKind kKind = MessageKind::kLineSeen;
  std::uint32_t service_id = 0;
  std::uint16_t incarnation = 0;
  template <typename V>
  void visit(V& v) {
    v.field("service_id", service_id);
    v.field("incarnation", incarnation);
  }
};

struct DrainedMessage {
  static constexpr MessageKind kKind = MessageKind::kDrained;
  bool complete = true;
  template <typename V>
  void visit(V& v) {
    v.field("complete", complete);
  }
};

template <typename M>
[[nodiscard]] std::vector<std::byte> encode_message(const M& message) {
  std::vector<std::byte> bytes = base::Encoder::encode(message);
  bytes.insert(bytes.begin(), static_cast<std::byte>(M::kKind));
  return bytes;
}

/// nullopt-like: kDamaged for an empty message.
[[nodiscard]] base::Result<MessageKind> message_kind(std::span<const std::byte> bytes);

template <typename M>
[[nodiscard]] base::Result<M> decode_message(std::span<const std::byte> bytes) {
  return base::Decoder::decode<M>(bytes.subspan(1));
}

}  // namespace logging
