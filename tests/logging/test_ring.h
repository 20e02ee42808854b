// A ring for tests: made, mapped, with a writer, and fed with text as if it came from pipes.
// (Covers logging/handoff/consumer_core.h, too: take_all() goes through both kinds.)
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "logging/handoff/ring_consumer.h"
#include "logging/handoff/ring_create.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_writer.h"

namespace logging {

inline constexpr std::uint64_t kTestRingId = 77;

struct TestRing {
  explicit TestRing(std::uint64_t capacity = RingLimits::kCapacityMin)
      : fd(std::move(*create_ring(kTestRingId, capacity, "/tmp"))) {
    reopen();
  }

  /// As a new router does: nothing is kept but the memory.
  void reopen() {
    writer.reset();
    map = std::make_unique<RingMap>(std::move(*RingMap::open(fd.get(), base::Access::kReadWrite)));
    writer = std::make_unique<RingWriter>(*map);
    writer->label_pipe(0, Stream::kStdout, 1);
    writer->label_pipe(1, Stream::kStderr, 1);
  }

  /// One read of `text` from `pipe`; false when it does not fit.
  bool feed(std::size_t pipe, std::string_view text, std::uint64_t time_ns = 1) {
    if (writer->room(pipe) < text.size()) {
      return false;
    }
    std::memcpy(writer->prepare(pipe, text.size()), text.data(), text.size());
    writer->commit(pipe, text.size(), time_ns);
    return true;
  }

  std::unique_ptr<RingConsumer> claim(std::string_view sink, ConsumerKind kind,
                                      RoomSignal* room = nullptr) {
    return std::move(*claim_consumer(*map, sink_id_of(sink), kind, room));
  }

  base::Fd fd;
  std::unique_ptr<RingMap> map;
  std::unique_ptr<RingWriter> writer;
};

/// Takes and commits everything that is there.
inline std::string take_all(RingConsumer& consumer) {
  std::string text;
  for (;;) {
    const auto frames = consumer.peek(1U << 20U);
    if (!frames || frames->empty()) {
      EXPECT_TRUE(frames) << frames.error().message;
      return text;
    }
    Cursor cursor = consumer.cursor();
    for (const FrameView& frame : *frames) {
      text += frame.bytes;
      cursor = RingConsumer::advance(cursor, frame, frame.bytes.size());
    }
    consumer.commit(cursor);
  }
}

}  // namespace logging
