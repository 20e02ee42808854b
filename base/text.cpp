#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <limits>
#include <numeric>

#include "base/clock.h"

namespace base {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, so that format_* finds the shortest exact spelling.
constexpr std::array<Unit, 7> kDurationUnits{{{"d", 86'400 * kNsPerSecond},
                                              {"h", 3'600 * kNsPerSecond},
                                              {"m", 60 * kNsPerSecond},
                                              {"s", kNsPerSecond},
                                              {"ms", kNsPerMs},
                                              {"us", 1'000},
                                              {"ns", 1}}};
constexpr std::array<Unit, 9> kByteUnits{{{"TiB", 1ULL << 40U},
                                          {"TB", 1'000'000'000'000},
                                          {"GiB", 1ULL << 30U},
                                          {"GB", 1'000'000'000},
                                          {"MiB", 1ULL << 20U},
                                          {"MB", 1'000'000},
                                          {"KiB", 1ULL << 10U},
                                          {"KB", 1'000},
                                          {"B", 1}}};

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
  const auto found = std::ranges::find(units, name, &Unit::name);
  return found == units.end() ? nullptr : &*found;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the leading characters of `text` for which `wanted` holds.
template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate wanted) {
  const auto end = std::ranges::find_if_not(text, wanted);
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

std::optional<std::uint64_t> multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}

std::optional<std::uint64_t> add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}

/// Insertions, deletions, replacements and swaps of neighbours, the commonest typing error.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);  // the row of i - 2
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

Result<std::uint64_t> parse_duration_ns(std::string_view text) {
  const auto bad = [&](std::string_view hint) {
    return fail(ErrorCode::kInvalid,
                fmt::format("cannot read \"{}\" as a duration: {}", text, hint));
  };
  std::string_view rest = text;
  std::uint64_t total = 0;
  if (rest.empty()) {
    return bad("it is empty; write for example \"10s\"");
  }
  while (!rest.empty()) {
    const std::optional<std::uint64_t> number = parse_decimal(take_while(rest, is_digit));
    const std::string_view unit_name = take_while(rest, [](char c) { return !is_digit(c); });
    if (!number) {
      return bad("write for example \"250ms\", \"10s\" or \"1h30m\"");
    }
    if (unit_name.empty()) {
      return bad(fmt::format("it has no unit; write \"{}s\" for seconds", *number));
    }
    const Unit* unit = find_unit(kDurationUnits, unit_name);
    if (unit == nullptr) {
      return bad(fmt::format("unknown unit \"{}\" (ms, s, m, h, d)", unit_name));
    }
    const auto part = multiply(*number, unit->factor);
    const auto sum = part ? add(total, *part) : std::nullopt;
    if (!sum) {
      return bad("it is too long");
    }
    total = *sum;
  }
  return total;
}

std::string format_duration(std::uint64_t ns) {
  if (ns == 0) {
    return "0s";
  }
  std::string out;
  for (const Unit& unit : kDurationUnits) {
    if (ns >= unit.factor) {
      out += fmt::format("{}{}", ns / unit.factor, unit.name);
      ns %= unit.factor;
    }
  }
  return out;
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  std::string_view rest = text;
  const std::optional<std::uint64_t> number = parse_decimal(take_while(rest, is_digit));
  const Unit* unit = rest.empty() ? &kByteUnits.back() : find_unit(kByteUnits, trim(rest));
  const auto bytes = number && unit != nullptr ? multiply(*number, unit->factor) : std::nullopt;
  if (!bytes) {
    return fail(
        ErrorCode::kInvalid,
        fmt::format("cannot read \"{}\" as a size: write for example \"64KiB\", \"10MB\" or "
                    "plain bytes",
                    text));
  }
  return *bytes;
}

std::string format_bytes(std::uint64_t bytes) {
  for (const Unit& unit : kByteUnits) {
    if (unit.factor > 1 && bytes > 0 && bytes % unit.factor == 0) {
      return fmt::format("{}{}", bytes / unit.factor, unit.name);
    }
  }
  return fmt::format("{}", bytes);
}

std::optional<std::uint64_t> parse_decimal(std::string_view digits) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last `*` seen, to come back to
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

namespace {

void put_digits(std::string& text, std::size_t at, std::size_t count, int number) {
  for (std::size_t index = at + count; index > at; --index) {
    text[index - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

}  // namespace

std::string format_rfc3339_ms(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / kNsPerSecond);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::string text = "0000-00-00T00:00:00.000Z";  // fmt::format() would take ten times as long
  put_digits(text, 0, 4, utc.tm_year + 1900);
  put_digits(text, 5, 2, utc.tm_mon + 1);
  put_digits(text, 8, 2, utc.tm_mday);
  put_digits(text, 11, 2, utc.tm_hour);
  put_digits(text, 14, 2, utc.tm_min);
  put_digits(text, 17, 2, utc.tm_sec);
  put_digits(text, 20, 3, static_cast<int>(realtime_ns % kNsPerSecond / kNsPerMs));
  return text;
}

}  // namespace base
