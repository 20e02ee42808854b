#include "supervisor/config/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace supervisor {

void Problems::error(const Origin& origin, std::string message) {
  add({Severity::kError, origin, std::move(message)});
}

void Problems::warn(const Origin& origin, std::string message) {
  add({Severity::kWarning, origin, std::move(message)});
}

void Problems::missing(const Origin& origin, std::string message) {
  add({Severity::kMissing, origin, std::move(message)});
}

void Problems::add(Problem problem) {
  // [defaults] is read once for each service and repeats what is wrong in it.
  if (std::ranges::find(problems_, problem) == problems_.end()) {
    problems_.push_back(std::move(problem));
  }
}

bool Problems::has_errors() const {
  return std::ranges::find(problems_, Severity::kError, &Problem::severity) != problems_.end();
}

std::vector<Problem> Problems::sorted(const std::vector<std::string>& files) const {
  std::map<std::string_view, std::size_t> order;
  for (const std::string& file : files) {
    order.emplace(file, order.size() + 1);
  }
  const auto place = [&](const Problem& problem) {
    const auto file = order.find(problem.origin.file);
    return std::tuple(file == order.end() ? 0 : file->second, problem.origin.line,
                      problem.origin.column);
  };
  std::vector<Problem> sorted = problems_;
  std::ranges::stable_sort(sorted, {}, place);
  return sorted;
}

std::string format_origin(const Origin& origin) {
  if (origin.line == 0) {
    return origin.file;
  }
  return fmt::format("{}:{}:{}", origin.file, origin.line, origin.column);
}

std::string format_problem(const Problem& problem) {
  const std::string place = format_origin(problem.origin);
  return place.empty() ? problem.message : fmt::format("{}: {}", place, problem.message);
}

std::string_view severity_name(Severity severity, bool missing_is_error) {
  switch (severity) {
    case Severity::kWarning:
      return "warning";
    case Severity::kMissing:
      return missing_is_error ? "error" : "warning";
    case Severity::kError:
      return "error";
  }
  return "error";
}

}  // namespace supervisor
