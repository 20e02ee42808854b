#include "base/accounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/small_file.h"
#include "base/text.h"

namespace base {

namespace {

/// An id as the files and people write it; -1 means "no change" to the kernel and is none.
std::optional<std::uint32_t> parse_id(std::string_view text) {
  const std::optional<std::uint64_t> number = parse_decimal(text);
  if (!number || *number >= std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

struct GroupEntry {
  std::string_view name;
  gid_t gid = 0;
  std::vector<std::string_view> members;
};

std::optional<Account> parse_passwd_line(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ':');
  if (fields.size() != 7 || fields[0].empty()) {
    return std::nullopt;
  }
  const std::optional<std::uint32_t> uid = parse_id(fields[2]);
  const std::optional<std::uint32_t> gid = parse_id(fields[3]);
  if (!uid || !gid) {
    return std::nullopt;
  }
  return Account{.name = std::string(fields[0]),
                 .uid = *uid,
                 .gid = *gid,
                 .home = fields[5].empty() ? "/" : std::string(fields[5]),
                 .shell = fields[6].empty() ? "/bin/sh" : std::string(fields[6])};
}

std::optional<GroupEntry> parse_group_line(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ':');
  if (fields.size() != 4 || fields[0].empty()) {
    return std::nullopt;
  }
  const std::optional<std::uint32_t> gid = parse_id(fields[2]);
  if (!gid) {
    return std::nullopt;
  }
  return GroupEntry{.name = fields[0], .gid = *gid, .members = split(fields[3], ',')};
}

/// Calls `visit` with each line that parses, until it returns true.
template <typename Parse, typename Visit>
Result<void> for_each_entry(const std::string& path, Parse parse, Visit visit) {
  TRY_ASSIGN(const std::optional<std::string> text,
             read_small_file_if_present(path, AccountLimits::kFileBytesMax));
  for (const std::string_view line : split(text ? *text : std::string_view(), '\n')) {
    if (line.size() > AccountLimits::kLineBytesMax) {
      continue;
    }
    const auto entry = parse(line);
    if (entry && visit(*entry)) {
      break;
    }
  }
  return {};
}

Result<std::optional<Account>> find_entry(std::string_view user, const AccountFiles& files) {
  const std::optional<std::uint32_t> uid = parse_id(user);
  std::optional<Account> found;
  TRY(for_each_entry(files.passwd, parse_passwd_line, [&](const Account& account) {
    // A name wins over a number, as in chown(1): a user may be called "1000".
    if (account.name == user || (!found && uid == account.uid)) {
      found = account;
    }
    return account.name == user;
  }));
  return found;
}

}  // namespace

Result<Account> find_account(std::string_view user, const AccountFiles& files) {
  const std::size_t colon = user.find(':');
  const std::string_view name = user.substr(0, colon);
  TRY_ASSIGN(const std::optional<Account> entry, find_entry(name, files));
  const std::optional<std::uint32_t> uid = parse_id(name);
  if (!entry && !uid) {
    return fail(ErrorCode::kNotFound,
                fmt::format("cannot find the user \"{}\" in {}", name, files.passwd));
  }
  Account account = entry ? *entry
                          : Account{.name = std::string(name),
                                    .uid = *uid,
                                    .gid = *uid,
                                    .home = "/",
                                    .shell = "/bin/sh"};
  if (colon != std::string_view::npos) {
    TRY_ASSIGN(account.gid, find_group(user.substr(colon + 1), files));
  }
  return account;
}

Result<gid_t> find_group(std::string_view group, const AccountFiles& files) {
  std::optional<gid_t> found;
  TRY(for_each_entry(files.group, parse_group_line, [&](const GroupEntry& entry) {
    if (entry.name == group) {
      found = entry.gid;
    }
    return found.has_value();
  }));
  found = found ? found : parse_id(group);
  if (!found) {
    return fail(ErrorCode::kNotFound,
                fmt::format("cannot find the group \"{}\" in {}", group, files.group));
  }
  return *found;
}

Result<std::vector<gid_t>> find_member_groups(std::string_view name, gid_t gid,
                                              const AccountFiles& files) {
  std::vector<gid_t> groups{gid};
  TRY(for_each_entry(files.group, parse_group_line, [&](const GroupEntry& entry) {
    if (std::ranges::find(entry.members, name) != entry.members.end()) {
      groups.push_back(entry.gid);
    }
    return groups.size() >= AccountLimits::kGroupsMax;
  }));
  std::ranges::sort(groups);
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

}  // namespace base
