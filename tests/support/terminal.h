// A terminal (a pty) with a program on it, as `docker run -it` would start one.
//
// What the program writes is collected as it came, escape sequences included. Owner: the test; the
// program goes with the object. Threads: call from the only thread.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

class Terminal {
 public:
  /// kLeader: the program leads the terminal's session, as a container's init does. kJob: it is a
  /// process group in a shell's.
  enum class Place { kLeader, kJob };

  Terminal(const std::vector<std::string>& argv, Place place);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(std::string_view text) const;
  void resize(unsigned short rows, unsigned short columns) const;
  /// Whether `wanted` has been shown, now or within patience.
  [[nodiscard]] bool shows(const std::string& wanted);
  /// As support::wait_exit().
  [[nodiscard]] std::optional<int> wait_exit();
  [[nodiscard]] termios modes() const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& screen() const { return screen_; }
  void forget_screen() { screen_.clear(); }

 private:
  void read_some();

  int master_ = -1;
  pid_t pid_ = -1;
  std::string screen_;
};

}  // namespace support
