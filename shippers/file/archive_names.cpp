#include "shippers/file/archive_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/date_format.h"
#include "base/text.h"
#include "shippers/lines/line_stamp.h"

namespace shippers {

namespace {

using logging::ArchiveNaming;

constexpr std::string_view kTimestampShape = "dddddddd_dddddd.dddZ";  // d: a digit, _: T
constexpr std::size_t kLabelBytes = 25;                               // @ and 24 digits

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_timestamp(std::string_view text) {
  return std::ranges::equal(text, kTimestampShape, [](char c, char wanted) {
    return wanted == 'd' ? is_digit(c) : c == (wanted == '_' ? 'T' : wanted);
  });
}

bool is_label(std::string_view text) {
  return text.size() == kLabelBytes && text[0] == '@' &&
         text.find_first_not_of("0123456789abcdef", 1) == text.npos;
}

bool is_counter(std::string_view text) {
  return text.empty() || (text.size() == 4 && text[0] == '.' &&
                          std::all_of(text.begin() + 1, text.end(), is_digit));
}

}  // namespace

ArchiveNames::ArchiveNames(const std::string& path, const std::string& shape, ArchiveNaming naming)
    : file_name_(base_name(path)), shape_(base_name(shape)), naming_(naming) {
  const std::size_t slash = path.rfind('/');
  directory_ = slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

std::string ArchiveNames::path_of(std::string_view name) const {
  return fmt::format("{}/{}", directory_, name);
}

std::string ArchiveNames::at_time(std::uint64_t realtime_ms, std::uint32_t counter) const {
  const std::uint64_t realtime_ns = realtime_ms * base::kNsPerMs;
  std::string name = file_name_ + ".";
  if (naming_ == ArchiveNaming::kTai64n) {
    name += LineStamp(logging::Timestamp::kTai64n).at(realtime_ns);
  } else {
    std::string stamp = base::format_rfc3339_ms(realtime_ns);
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
    name += stamp;
  }
  return counter == 0 ? name : fmt::format("{}.{:03}", name, counter);
}

std::string ArchiveNames::numbered(std::uint32_t number) const {
  return fmt::format("{}.{}", file_name_, number);
}

bool ArchiveNames::parse_suffix(std::string_view suffix, Archive& archive) const {
  archive.age_key = suffix;
  switch (naming_) {
    case ArchiveNaming::kTimestamp:
      return is_timestamp(suffix.substr(0, kTimestampShape.size())) &&
             is_counter(suffix.substr(kTimestampShape.size()));
    case ArchiveNaming::kTai64n:
      return is_label(suffix.substr(0, kLabelBytes)) && is_counter(suffix.substr(kLabelBytes));
    case ArchiveNaming::kNumber: {
      const auto number = base::parse_decimal(suffix);
      if (!number || *number == 0 || *number > UINT32_MAX || suffix[0] == '0') {
        return false;
      }
      archive.number = static_cast<std::uint32_t>(*number);
      archive.age_key = fmt::format("{:010}", UINT32_MAX - archive.number);
      return true;
    }
  }
  return false;
}

std::optional<Archive> ArchiveNames::parse(std::string_view name) const {
  Archive archive{.name = std::string(name)};
  if (name.ends_with(kPackedSuffix)) {
    archive.packed = true;
    name.remove_suffix(kPackedSuffix.size());
  }
  if (name.size() < shape_.size() || !base::has_shape(name.substr(0, shape_.size()), shape_)) {
    return std::nullopt;
  }
  const bool current = name.starts_with(file_name_);
  const std::string_view rest = name.substr(shape_.size());
  if (rest.empty()) {
    archive.age_key.clear();
    return current ? std::nullopt : std::optional(std::move(archive));  // of another date
  }
  if (rest.size() < 2 || rest[0] != '.' || !parse_suffix(rest.substr(1), archive)) {
    return std::nullopt;
  }
  archive.number = current ? archive.number : 0;
  return archive;
}

bool ArchiveNames::is_packing_rest(std::string_view name) const {
  return name.ends_with(kPackingSuffix) &&
         parse(name.substr(0, name.size() - kPackingSuffix.size())).has_value();
}

}  // namespace shippers
