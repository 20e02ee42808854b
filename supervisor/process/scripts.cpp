#include "supervisor/process/scripts.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "base/codec.h"
#include "base/fd.h"
#include "base/text.h"

namespace supervisor {

using base::Result;

namespace {

struct ScriptsMessage {
  bool listed = false;
  std::string error;
  std::vector<Script> scripts;

  template <typename V>
  void visit(V& v) {
    v.field("listed", listed);
    v.field("error", error);
    v.field("scripts", scripts);
  }
};

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool is_skipped(std::string_view name) {
  return name.starts_with('.') || name.ends_with('~') ||
         name.find(".dpkg-") != std::string_view::npos;
}

/// "#!/bin/sh -e" gives {"/bin/sh", "-e"}, as the kernel splits it; otherwise {"/bin/sh"}.
Result<std::vector<std::string>> read_interpreter(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::array<char, ScriptLimits::kFirstLineBytesMax> buffer{};
  const ssize_t bytes = file.valid() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  if (bytes < 0) {
    return base::fail_errno(fmt::format("cannot read {}", path));
  }
  std::string_view line(buffer.data(), static_cast<std::size_t>(bytes));
  line = line.substr(0, line.find('\n'));
  if (!line.starts_with("#!") || base::trim(line.substr(2)).empty()) {
    return std::vector<std::string>{"/bin/sh"};
  }
  line = base::trim(line.substr(2));
  const std::size_t blank = line.find_first_of(" \t");
  std::vector<std::string> words{std::string(line.substr(0, blank))};
  if (blank != std::string_view::npos) {
    words.emplace_back(base::trim(line.substr(blank)));
  }
  return words;
}

Result<Script> make_script(const std::string& directory, const std::string& name) {
  const std::string path = fmt::format("{}/{}", directory, name);
  Script script{.name = name, .argv = {path}};
  if (::access(path.c_str(), X_OK) != 0) {
    TRY_ASSIGN(script.argv, read_interpreter(path));
    script.argv.push_back(path);
  }
  return script;
}

}  // namespace

Result<std::vector<Script>> list_scripts(const std::string& path) {
  const std::unique_ptr<DIR, DirectoryCloser> directory(::opendir(path.c_str()));
  if (directory == nullptr) {
    return errno == ENOENT ? Result<std::vector<Script>>()
                           : base::fail_errno(fmt::format("cannot read {}", path));
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    struct stat status {};
    const bool is_file = !is_skipped(entry->d_name) &&
                         ::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0 &&
                         S_ISREG(status.st_mode);
    if (is_file) {
      names.emplace_back(entry->d_name);
    }
  }
  if (names.size() > ScriptLimits::kScriptsMax) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot run {} scripts of {}: {} is the most", names.size(), path,
                                  ScriptLimits::kScriptsMax));
  }
  std::ranges::sort(names);
  std::vector<Script> scripts;
  for (const std::string& name : names) {
    TRY_ASSIGN(Script script, make_script(path, name));
    scripts.push_back(std::move(script));
  }
  return scripts;
}

std::vector<std::byte> encode_scripts(const Result<std::vector<Script>>& scripts) {
  ScriptsMessage message;
  message.listed = scripts.has_value();
  if (scripts) {
    message.scripts = *scripts;
  } else {
    message.error = scripts.error().message;
  }
  return base::Encoder::encode(message);
}

Result<std::vector<Script>> decode_scripts(std::span<const std::byte> bytes) {
  TRY_ASSIGN(ScriptsMessage message, base::Decoder::decode<ScriptsMessage>(bytes));
  if (!message.listed) {
    return base::fail(base::ErrorCode::kSystem, std::move(message.error));
  }
  return std::move(message.scripts);
}

}  // namespace supervisor
