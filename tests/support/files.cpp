#include "tests/support/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/fd.h"
#include "tests/support/require.h"

namespace support {

namespace fs = std::filesystem;

TempDirectory::TempDirectory() {
  std::array<char, 32> name{"/tmp/birl-test-XXXXXX"};
  require(::mkdtemp(name.data()) != nullptr, "mkdtemp");
  require(::chmod(name.data(), 0755) == 0, "chmod");
  path_ = name.data();
}

TempDirectory::~TempDirectory() {
  const char* keep = std::getenv("BIRL_TEST_KEEP");
  if (keep == nullptr || *keep != '1') {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
}

std::string TempDirectory::operator/(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

void TempDirectory::give_to(uid_t uid) const {
  require(::chown(path_.c_str(), uid, uid) == 0, "chown " + path_);
}

std::optional<std::string> find_text(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    return std::nullopt;
  }
  // Not a stream: a file of /proc whose process goes away makes one throw.
  std::string text;
  std::array<char, 65536> buffer{};
  for (ssize_t got = 0; (got = ::read(file.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string read_text(const std::string& path) {
  return find_text(path).value_or("");
}

void write_text(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  require(!file.fail(), "write " + path);
}

bool exists(const std::string& path) {
  struct stat ignored {};
  return ::lstat(path.c_str(), &ignored) == 0;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<std::string> log_files(const std::string& current) {
  const fs::path path(current);
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    if (entry.path() != path && entry.is_regular_file()) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  if (exists(current)) {
    files.push_back(current);
  }
  return files;
}

std::string read_log(const std::string& current) {
  std::string bytes;
  for (const std::string& file : log_files(current)) {
    bytes += read_text(file);
  }
  return bytes;
}

}  // namespace support
