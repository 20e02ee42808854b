#include "supervisor/config_reload.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::size_t kMessageBytesMax = 64U << 10U;

}  // namespace

ConfigReload::ConfigReload(Parts parts)
    : parts_(std::move(parts)), timer_(parts_.loop, [this] {
        if (child_) {
          ::kill(child_->pid(), SIGKILL);
        }
      }) {}

Result<void> ConfigReload::begin() {
  if (progress_.under_way) {
    return base::fail(base::ErrorCode::kUnavailable, "cannot reload: a reload is under way");
  }
  TRY_ASSIGN(messages_, base::make_memory_file("birl-load-messages", kMessageBytesMax,
                                               parts_.fallback_directory));
  TRY_ASSIGN(child_, parts_.load(messages_.get()));
  timer_.start_once(kTimeoutMs);
  progress_.under_way = true;
  return {};
}

bool ConfigReload::on_child_exited(const ReapedChild& child) {
  if (!child_ || child.pid != child_->pid()) {
    return false;
  }
  timer_.stop();
  const std::uint64_t ended = progress_.ended;
  progress_ = {};
  progress_.ended = ended + 1;
  read_messages();
  end(take(child));
  return true;
}

Result<ConfigDiff> ConfigReload::take(const ReapedChild& child) {
  const ConfigChild load = *std::exchange(child_, std::nullopt);
  TRY_ASSIGN(Config config, load.finish(child));
  return parts_.apply(std::move(config));
}

void ConfigReload::read_messages() {
  std::string text(kMessageBytesMax, '\0');
  const ssize_t got = ::pread(messages_.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  text.resize(std::min(text.size(), text.find('\0')));  // the file has its full size from the start
  for (const std::string_view line : base::split(text, '\n')) {
    if (!line.empty()) {
      progress_.messages.emplace_back(line);
    }
  }
  messages_.reset();
}

void ConfigReload::end(Result<ConfigDiff> result) {
  if (result) {
    progress_.added = std::move(result->added);
    progress_.removed = std::move(result->removed);
    progress_.restarted = std::move(result->restarted);
    progress_.updated = std::move(result->updated);
    progress_.sinks = std::move(result->sinks);
    progress_.live = std::move(result->live);
    progress_.later = std::move(result->later);
  } else {
    progress_.error = std::move(result).error();
    progress_.error->message =
        fmt::format("cannot reload: {}; nothing was changed", progress_.error->message);
  }
  tell();
  parts_.ended();
}

void ConfigReload::tell() const {
  for (const std::string& line : progress_.messages) {
    parts_.diag.warn("{}", line);
  }
  if (progress_.error) {
    return parts_.diag.error("{}", progress_.error->message);
  }
  parts_.diag.info(
      "the configuration was read again: {} added, {} removed, {} restarted, {} updated",
      progress_.added.size(), progress_.removed.size(), progress_.restarted.size(),
      progress_.updated.size());
  if (!progress_.later.empty()) {
    parts_.diag.warn("these wait until birl starts again: {}", fmt::join(progress_.later, ", "));
  }
}

}  // namespace supervisor
