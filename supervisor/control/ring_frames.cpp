#include "supervisor/control/ring_frames.h"

#include <utility>

namespace supervisor {

namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10U;

class RingFrames final : public FrameSource {
 public:
  explicit RingFrames(logging::RingView view)
      : view_(std::move(view)), position_(view_.tail()), buffer_(kReadBytes) {}

  base::Result<std::vector<logging::FrameView>> read() override {
    return view_.copy_frames(position_, buffer_);
  }
  [[nodiscard]] std::uint64_t position() const override { return position_; }
  [[nodiscard]] std::uint64_t head() const override { return view_.commit().head; }

 private:
  logging::RingView view_;
  std::uint64_t position_;
  std::vector<char> buffer_;
};

}  // namespace

base::Result<std::unique_ptr<FrameSource>> open_ring_frames(const base::Fd& ring) {
  TRY_ASSIGN(auto view, logging::RingView::open(ring.get(), logging::RingView::Extent::kWhole));
  return std::make_unique<RingFrames>(std::move(view));
}

}  // namespace supervisor
