#include "shippers/logstash/lumberjack.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shippers/big_endian.h"
#include "shippers/http/gzip.h"
#include "shippers/vendors/ecs_line.h"

namespace shippers {

namespace {

constexpr char kVersion = '2';
constexpr char kWindow = 'W';
constexpr char kJson = 'J';
constexpr char kCompressed = 'C';
constexpr char kAcknowledge = 'A';
constexpr std::size_t kAcknowledgeBytes = 6;
// What Beats have: a window of 2048 events.
constexpr RequestLimits kLimits{
    .bytes = 4'000'000, .event_bytes = 1'000'000, .events = 2'048, .concurrency = 4};

void append_head(std::string& out, char type, std::uint32_t number) {
  out += kVersion;
  out += type;
  append_big_endian(out, number);
}

std::string json_frames(const StreamRequest& request) {
  std::string frames;
  std::size_t from = 0;
  std::uint32_t sequence = 0;
  for (const std::size_t end : request.ends) {
    append_head(frames, kJson, ++sequence);
    append_big_endian(frames, static_cast<std::uint32_t>(end - from));
    frames.append(request.bytes, from, end - from);
    from = end;
  }
  return frames;
}

}  // namespace

void Lumberjack::write(const StreamRequest& request, std::string& out) {
  const auto events = static_cast<std::uint32_t>(request.ends.size());
  windows_.push_back({.id = request.id, .events = events});
  append_head(out, kWindow, events);
  const std::string frames = json_frames(request);
  if (compress_ == logging::Compress::kNone) {
    out += frames;
    return;
  }
  const std::string packed = zlib(frames);
  append_head(out, kCompressed, static_cast<std::uint32_t>(packed.size()));
  out += packed;
}

base::Result<void> Lumberjack::read(std::string& input, std::string& /*out*/) {
  std::size_t taken = 0;
  while (input.size() - taken >= kAcknowledgeBytes) {
    const std::string_view frame = std::string_view(input).substr(taken, kAcknowledgeBytes);
    if (frame[0] != kVersion || frame[1] != kAcknowledge) {
      return base::fail(base::ErrorCode::kUnavailable,
                        "cannot send: the receiver's answer is not Lumberjack");
    }
    TRY(acknowledge(read_big_endian(frame.substr(2))));
    taken += kAcknowledgeBytes;
  }
  input.erase(0, taken);
  return {};
}

base::Result<void> Lumberjack::acknowledge(std::uint32_t sequence) {
  if (sequence == 0) {
    return {};
  }
  if (windows_.empty() || sequence > windows_.front().events) {
    return base::fail(base::ErrorCode::kUnavailable,
                      fmt::format("cannot send: the receiver acknowledges event {} of {}", sequence,
                                  windows_.empty() ? 0 : windows_.front().events));
  }
  Window& window = windows_.front();
  window.acknowledged = std::max(window.acknowledged, sequence);
  if (window.acknowledged == window.events) {
    confirmed_.push_back(window.id);
    windows_.pop_front();
  }
  return {};
}

std::vector<std::uint64_t> Lumberjack::take_confirmed() {
  return std::exchange(confirmed_, {});
}

std::uint32_t Lumberjack::confirmed_messages(std::uint64_t id) const {
  const auto found = std::ranges::find(windows_, id, &Window::id);
  return found == windows_.end() ? 0 : found->acknowledged;
}

RequestLimits LumberjackFormat::limits() const {
  return kLimits;
}

void LumberjackFormat::encode(const Line& line, std::string& /*key*/, std::string& text) const {
  append_beats_line(line, text);
}

std::unique_ptr<Dialogue> LumberjackFormat::start_dialogue() const {
  return std::make_unique<Lumberjack>(compress_);
}

}  // namespace shippers
