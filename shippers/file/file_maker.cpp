#include "shippers/file/file_maker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/accounts.h"

namespace shippers {

namespace {

constexpr std::uint32_t kDirectoryMode = 0755;

bool is_not_found(const base::Error& error) {
  return error.code == base::ErrorCode::kNotFound;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

base::Result<base::Fd> create(base::FileSystem& files, const std::string& path, std::uint32_t mode,
                              const base::FileOwner& owner) {
  auto file = files.open_append(path, mode);
  if (!file && is_not_found(file.error())) {
    TRY(files.make_directories(directory_of(path), kDirectoryMode, owner));
    file = files.open_append(path, mode);
  }
  return file;
}

bool is_owned(const base::FileStatus& status, const base::FileOwner& owner) {
  return owner.uid.value_or(status.uid) == status.uid &&
         owner.gid.value_or(status.gid) == status.gid;
}

}  // namespace

base::Result<base::FileOwner> find_owner(const logging::FileSinkConfig& config) {
  base::FileOwner owner;
  if (!config.user.empty()) {
    TRY_ASSIGN(const base::Account account, base::find_account(config.user, {}));
    owner = {.uid = account.uid, .gid = account.gid};
  }
  if (!config.group.empty()) {
    TRY_ASSIGN(owner.gid, base::find_group(config.group, {}));
  }
  return owner;
}

base::Result<MadeFile> make_file(base::FileSystem& files, const std::string& path,
                                 std::uint32_t mode, const base::FileOwner& owner) {
  auto file = files.open_existing(path);
  const bool is_new = !file && is_not_found(file.error());
  if (is_new) {
    file = create(files, path, mode, owner);
  }
  if (!file) {
    return tl::unexpected(file.error());
  }
  TRY_ASSIGN(const base::FileStatus status, files.status(file->get()));
  MadeFile made{.fd = std::move(*file), .status = status, .trouble = std::nullopt};
  base::Result<void> done;
  if (is_new && status.regular && status.mode != mode) {
    done = files.set_mode(made.fd.get(), mode);
  }
  if (done && !is_owned(status, owner)) {
    done = files.set_owner(made.fd.get(), owner);
  }
  if (!done) {
    made.trouble = base::with_context(path, done.error()).value();
  }
  return made;
}

}  // namespace shippers
