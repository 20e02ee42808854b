#include "logging/handoff/handoff_messages.h"

namespace logging {

base::Result<MessageKind> message_kind(std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return base::fail(base::ErrorCode::kDamaged, "cannot decode a handoff message: it is empty");
  }
  const auto kind = static_cast<MessageKind>(bytes[0]);
  switch (kind) {
    case MessageKind::kHello:
    case MessageKind::kService:
    case MessageKind::kGo:
    case MessageKind::kPipe:
    case MessageKind::kClosePipe:
    case MessageKind::kReopen:
    case MessageKind::kRotate:
    case MessageKind::kDrain:
    case MessageKind::kRetire:
    case MessageKind::kTap:
    case MessageKind::kAwaitLine:
    case MessageKind::kDeadLetters:
    case MessageKind::kSpool:
    case MessageKind::kAck:
    case MessageKind::kReady:
    case MessageKind::kPipeEnded:
    case MessageKind::kDrained:
    case MessageKind::kLineSeen:
      return kind;
  }
  return base::fail(base::ErrorCode::kDamaged,
                    "cannot decode a handoff message: its kind is unknown");
}

}  // namespace logging
