// Directories and files of a test: made, read and taken away.
//
// Owner: TempDirectory removes its tree when it goes, except when BIRL_TEST_KEEP=1. Threads: any.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

class TempDirectory {
 public:
  TempDirectory();  // a short path (socket paths end at 107 bytes), readable by everyone
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const;
  void give_to(uid_t uid) const;

 private:
  std::string path_;
};

[[nodiscard]] std::optional<std::string> find_text(const std::string& path);  // nullopt: no file
[[nodiscard]] std::string read_text(const std::string& path);                 // "" when absent
void write_text(const std::string& path, std::string_view text);
[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

/// A file sink's files in the order they were written: the rotated ones by name, `current` last.
[[nodiscard]] std::vector<std::string> log_files(const std::string& current);

/// The bytes of all of them.
[[nodiscard]] std::string read_log(const std::string& current);

}  // namespace support
