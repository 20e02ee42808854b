#include "tests/supervisor/config/config_test_support.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace supervisor {
namespace {

std::vector<std::string> format_all(const std::vector<Problem>& problems) {
  std::vector<std::string> lines;
  for (const Problem& problem : problems) {
    lines.push_back(format_problem(problem));
  }
  return lines;
}

}  // namespace

LoadedConfig load_text(const std::string& toml, Environment environment) {
  environment["BIRL_SET"] = toml;
  LoadRequest request;
  request.etc_directory = "/nonexistent";
  request.environment = std::move(environment);
  return load_config(request);
}

std::vector<std::string> problem_lines(const LoadedConfig& loaded) {
  return format_all(loaded.problems);
}

std::vector<std::string> problem_lines(const Problems& problems) {
  return format_all(problems.sorted());
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "birl-config-XXXXXX";
  path_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "";
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& content) const {
  const std::filesystem::path file = std::filesystem::path(path_) / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

}  // namespace supervisor
