#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "supervisor/config/option_docs.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

namespace {

base::Result<void> write_new_file(const std::string& path, std::string_view text) {
  const base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file.valid() && errno == EEXIST) {
    return base::fail(base::ErrorCode::kExists,
                      fmt::format("cannot write {}: it is there already; name another file, or - "
                                  "for standard output",
                                  path));
  }
  if (!file.valid() ||
      ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return base::fail_errno(fmt::format("cannot write {}", path));
  }
  return {};
}

}  // namespace

int cmd_new(const CommandOptions& options) {
  const auto written = options.file == "-" ? print_out(starter_file())
                                           : write_new_file(options.file, starter_file());
  if (!written) {
    return report_error(written.error());
  }
  if (options.file != "-") {
    fmt::print("wrote {}; next: birl check -c {}\n", options.file, options.file);
  }
  return kExitDone;
}

}  // namespace supervisor
