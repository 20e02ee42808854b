#include "shippers/console/console_format.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace shippers {
namespace {

using logging::FrameView;
using logging::Stream;

/// Frames in a row, as peek() gives them, and the bytes that they become on both outputs.
class Show {
 public:
  explicit Show(ConsoleRoute route) : route_(std::move(route)) {}

  Show& frame(Stream stream, std::string_view bytes, std::uint8_t flags = 0) {
    FrameView view;
    view.position = next_;
    view.header = {.bytes = static_cast<std::uint32_t>(bytes.size()),
                   .lines = static_cast<std::uint32_t>(std::ranges::count(bytes, '\n')),
                   .first_line = 0,
                   .time_ns = 0,
                   .stream = stream,
                   .flags = flags,
                   .incarnation = 1,
                   .check = 1};
    view.bytes = bytes;
    next_ = view.end_position();
    frames_.push_back(view);
    return *this;
  }

  std::array<std::string, 2> texts() {
    std::array<std::string, 2> out;
    std::array<OpenLine, 2> open{};
    logging::Cursor cursor;
    std::span<const FrameView> rest = frames_;
    std::vector<FrameView> views;
    while (!rest.empty()) {
      views.assign(rest.begin(), rest.end());
      views.front().bytes.remove_prefix(cursor.offset);
      ConsoleBatch batch;
      format_batch(views, 7, cursor, route_, open, batch);
      out[batch.output] += batch.bytes;
      open[batch.output] = batch.open_after;
      largest_batch = std::max(largest_batch, batch.bytes.size());
      EXPECT_NE(batch.to, cursor);
      cursor = batch.to;
      while (!rest.empty() && rest.front().position < cursor.frame) {
        rest = rest.subspan(1);
      }
    }
    return out;
  }

  std::size_t largest_batch = 0;

 private:
  ConsoleRoute route_;
  std::vector<FrameView> frames_;
  std::uint64_t next_ = 0;
};

ConsoleRoute apart() {
  return {.output = {0, 1}};
}
ConsoleRoute together(const std::string& prefix) {
  return {.output = {0, 0},
          .head = LineHead(logging::Timestamp::kNone, {prefix + "o ", prefix + "e "})};
}

using Texts = std::array<std::string, 2>;

TEST(ConsoleFormatTest, WithoutAPrefixBytesAreWhatTheServiceWrote) {
  EXPECT_EQ(Show(apart()).frame(Stream::kStdout, "a\n\nb\n").frame(Stream::kStderr, "c\n").texts(),
            (Texts{"a\n\nb\n", "c\n"}));
}

TEST(ConsoleFormatTest, EveryLineHasThePrefixOfItsStream) {
  EXPECT_EQ(
      Show(together("")).frame(Stream::kStdout, "a\n\n").frame(Stream::kStderr, "b\n").texts(),
      (Texts{"o a\no \ne b\n", ""}));
}

TEST(ConsoleFormatTest, TheLaterPiecesOfALineHaveNoPrefix) {
  EXPECT_EQ(Show(together(""))
                .frame(Stream::kStdout, "one ", logging::kFrameMore)
                .frame(Stream::kStdout, "two ", logging::kFrameContinues | logging::kFrameMore)
                .frame(Stream::kStdout, "three\nnext\n", logging::kFrameContinues)
                .texts(),
            (Texts{"o one two three\no next\n", ""}));
}

TEST(ConsoleFormatTest, AnotherPipeEndsAnOpenLineOnTheSameOutputOnly) {
  EXPECT_EQ(Show(together(""))
                .frame(Stream::kStdout, "one ", logging::kFrameMore)
                .frame(Stream::kStderr, "error\n")
                .frame(Stream::kStdout, "two\n", logging::kFrameContinues)
                .texts(),
            (Texts{"o one \ne error\no two\n", ""}));
  EXPECT_EQ(Show(apart())
                .frame(Stream::kStdout, "one ", logging::kFrameMore)
                .frame(Stream::kStderr, "error\n")
                .frame(Stream::kStdout, "two\n", logging::kFrameContinues)
                .texts(),
            (Texts{"one two\n", "error\n"}));
}

TEST(ConsoleFormatTest, AMissingNewlineIsAddedOnlyWhenSomethingFollows) {
  EXPECT_EQ(Show(apart()).frame(Stream::kStdout, "abc", logging::kFrameUnterminated).texts(),
            (Texts{"abc", ""}));
  EXPECT_EQ(Show(apart())
                .frame(Stream::kStdout, "abc", logging::kFrameUnterminated)
                .frame(Stream::kStdout, "d\n")
                .texts(),
            (Texts{"abc\nd\n", ""}));
}

TEST(ConsoleFormatTest, BatchesAreSmallAndEndAtLines) {
  std::string text;
  for (int line = 0; line < 3000; ++line) {
    text += "line " + std::to_string(line) + "\n";
  }
  Show show(apart());
  EXPECT_EQ(show.frame(Stream::kStdout, text).texts(), (Texts{text, ""}));
  EXPECT_LE(show.largest_batch, ConsoleLimits::kBatchBytes);
  EXPECT_GT(show.largest_batch, ConsoleLimits::kBatchBytes / 2);
}

}  // namespace
}  // namespace shippers
