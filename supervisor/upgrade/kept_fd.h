// Descriptors that go through an exec: PID 1's, from one birl to the next.
//
// In the state they are numbers of the type KeptFd. Leaving: collect_kept_fds() finds them all, by
// walking the same visit() lists that encode the state, so that none can be forgotten; their
// close-on-exec flags are cleared right before the exec and set again when that fails. Arriving:
// ArrivingFds owns all that came, each is taken once, and what nobody takes is closed.
// Threads: PID 1's one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

struct KeptFd {
  using ScalarUnit = std::int32_t;
  std::int32_t number = -1;  // -1: there is none

  friend bool operator==(const KeptFd&, const KeptFd&) = default;
};

[[nodiscard]] inline KeptFd keep(const base::Fd& fd) {
  return {.number = fd.get()};
}

/// A visitor as base::Encoder is.
class KeptFdCollector {
 public:
  template <typename T>
  void field(std::string_view /*name*/, T& member, std::string_view = {}) {
    look_at(member);
  }
  [[nodiscard]] std::vector<int> take() { return std::move(numbers_); }

 private:
  void look_at(const KeptFd& fd) {
    if (fd.number >= 0) {
      numbers_.push_back(fd.number);
    }
  }
  void look_at(const std::string& /*text*/) {}
  template <base::Scalar T>
  void look_at(const T& /*value*/) {}
  template <typename T>
  void look_at(std::optional<T>& value) {
    if (value) {
      look_at(*value);
    }
  }
  template <typename T>
  void look_at(std::vector<T>& items) {
    for (T& item : items) {
      look_at(item);
    }
  }
  template <typename K, typename T>
  void look_at(std::map<K, T>& items) {
    for (auto& [key, item] : items) {
      look_at(item);
    }
  }
  template <typename T>
  requires base::Visitable<T, KeptFdCollector>
  void look_at(T& object) { object.visit(*this); }

  std::vector<int> numbers_;
};

template <typename T>
[[nodiscard]] std::vector<int> collect_kept_fds(T state) {
  KeptFdCollector collector;
  state.visit(collector);
  return collector.take();
}

/// Whether each of `fds` stays open in what is exec'ed. Those that are not open are passed over.
enum class OnExec { kClose, kStay };
void set_on_exec(const std::vector<int>& fds, OnExec what);

class ArrivingFds {
 public:
  ArrivingFds() = default;
  /// kDamaged: one is not open, is a standard descriptor or is named twice. All that are open are
  /// close-on-exec from here on.
  [[nodiscard]] static base::Result<ArrivingFds> take_in(const std::vector<int>& numbers);

  /// An invalid Fd for -1. kDamaged: it did not come along, or was taken already.
  [[nodiscard]] base::Result<base::Fd> take(KeptFd fd);
  [[nodiscard]] std::size_t left() const { return fds_.size(); }

 private:
  std::map<int, base::Fd> fds_;
};

}  // namespace supervisor
