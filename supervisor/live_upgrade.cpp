#include "supervisor/live_upgrade.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "base/codec.h"
#include "base/text.h"
#include "base/unix_socket.h"
#include "supervisor/machine/exit_status.h"
#include "supervisor/upgrade/upgrade_exec.h"
#include "supervisor/upgrade/upgrade_file.h"

namespace supervisor {

using base::ErrorCode;
using base::Result;

namespace {

constexpr int kStateFdInChild = 3;
constexpr int kAnswerFdInChild = 4;

base::Error make_error(ErrorCode code, std::string why) {
  return {.code = code, .sys_errno = 0, .message = "cannot upgrade: " + std::move(why)};
}

/// The first line, without what a terminal would obey.
std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return line;
}

}  // namespace

LiveUpgrade::LiveUpgrade(Parts parts)
    : parts_(std::move(parts)), timer_(parts_.loop, [this] { on_timer(); }) {}

Result<void> LiveUpgrade::begin(const std::string& binary) {
  if (progress_.under_way) {
    return base::fail(ErrorCode::kUnavailable, "cannot upgrade: it is being done already");
  }
  if (const std::string obstacle = parts_.find_obstacle(); !obstacle.empty()) {
    return tl::unexpected(make_error(ErrorCode::kUnavailable, obstacle));
  }
  binary_ = binary;
  if (binary_.empty()) {
    TRY_ASSIGN(binary_, find_own_path());
  }
  if (!binary_.starts_with('/')) {
    return tl::unexpected(
        make_error(ErrorCode::kInvalid, fmt::format("{} is no absolute path", binary_)));
  }
  TRY(start_check());
  progress_.under_way = true;
  progress_.error.reset();
  timer_.start_once(kCheckTimeoutMs);
  return {};
}

Result<void> LiveUpgrade::start_check() {
  const std::vector<std::byte> bytes = encode_upgrade_state(parts_.take_state());
  checksum_ = upgrade_checksum(bytes);
  TRY_ASSIGN(const base::Fd memory, write_upgrade_file(bytes, parts_.fallback_directory));
  TRY_ASSIGN(const base::Fd state, base::reopen_read_only(memory.get()));
  TRY_ASSIGN(base::SocketPair pair, base::make_socket_pair());
  TRY(base::set_nonblocking(pair.first.get(), true));
  TRY_ASSIGN(base::Pipe output, base::make_pipe());
  TRY(base::set_nonblocking(output.read.get(), true));
  const base::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  socket_ = std::move(pair.first);
  output_ = std::move(output.read);
  output_text_.clear();
  start_error_.clear();
  answer_.reset();
  timed_out_ = false;
  TRY_ASSIGN(output_poll_, base::Poll::open(parts_.loop, output_.get(), base::Poll::kReadable,
                                            [this](int) { read_output(); }));
  SpawnRequest request;
  request.name = binary_;
  request.argv = {binary_, std::string(kUpgradeCheckVerb), std::to_string(kStateFdInChild),
                  std::to_string(kAnswerFdInChild)};
  request.environment = parts_.environment;
  request.fds = {{.source = nothing.get(), .target = STDIN_FILENO},
                 {.source = output.write.get(), .target = STDOUT_FILENO},
                 {.source = output.write.get(), .target = STDERR_FILENO},
                 {.source = state.get(), .target = kStateFdInChild},
                 {.source = pair.second.get(), .target = kAnswerFdInChild}};
  TRY_ASSIGN(check_, parts_.launcher.launch(request, [this](const SpawnOutcome& outcome) {
    if (!outcome.started) {
      start_error_ = outcome.error.message;
    }
  }));
  return {};
}

/// What it says is only of interest if it is no good.
void LiveUpgrade::read_output() {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
  if (count == 0) {
    output_poll_.reset();
  } else if (count > 0) {
    const std::size_t room = kOutputBytesMax - output_text_.size();
    output_text_.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
  }
}

void LiveUpgrade::read_answer() {
  auto message = base::receive_message(socket_.get());
  if (!message || !*message) {
    return;
  }
  auto answer = base::Decoder::decode<UpgradeAnswer>((*message)->bytes);
  if (!answer) {
    return;
  }
  answer_ = *std::move(answer);
  if ((*message)->fds.size() == kUpgradePrograms) {
    new_self_ = std::move((*message)->fds[0]);
    new_router_ = std::move((*message)->fds[1]);
    new_config_reader_ = std::move((*message)->fds[2]);
  }
}

void LiveUpgrade::on_timer() {
  if (check_ != 0) {
    timed_out_ = true;
    return kill_check();
  }
  settle();
}

void LiveUpgrade::kill_check() {
  parts_.launcher.abandon(check_);
  ::kill(check_, SIGKILL);
  ::kill(-check_, SIGKILL);
}

bool LiveUpgrade::on_child_exited(const ReapedChild& child) {
  if (check_ == 0 || child.pid != check_) {
    return false;
  }
  check_ = 0;
  ::kill(-child.pid, SIGKILL);  // what it left behind; its number is nobody else's yet
  timer_.stop();
  if (output_poll_) {
    read_output();
  }
  new_self_.reset();
  new_router_.reset();
  new_config_reader_.reset();
  read_answer();
  output_poll_.reset();
  output_.reset();
  socket_.reset();
  take_answer(child);
  return true;
}

void LiveUpgrade::take_answer(const ReapedChild& child) {
  if (timed_out_) {
    return fail(make_error(ErrorCode::kTimeout,
                           fmt::format("{} did not answer within {} s, whether it can take over",
                                       binary_, kCheckTimeoutMs / 1'000)));
  }
  if (!start_error_.empty()) {
    return fail(make_error(ErrorCode::kUnavailable, start_error_));
  }
  if (!answer_) {
    const ExitStatus exit = child.signal != 0 ? ExitStatus::signaled(child.signal)
                                              : ExitStatus::exited(child.exit_code);
    const std::string said = first_line(output_text_);
    return fail(make_error(ErrorCode::kUnavailable,
                           fmt::format("{} is no birl that can take over: it {}{}{}", binary_,
                                       exit.describe(), said.empty() ? "" : " and said: ", said)));
  }
  const bool is_ours = answer_->checksum == checksum_ && new_self_.valid() && new_router_.valid() &&
                       new_config_reader_.valid();
  if (!answer_->error.empty() || !is_ours) {
    return fail(make_error(
        ErrorCode::kUnavailable,
        fmt::format("{}: {}", binary_,
                    answer_->error.empty() ? "it has read another state" : answer_->error)));
  }
  settle_until_ns_ = base::monotonic_ns() + kSettleTimeoutMs * base::kNsPerMs;
  timer_.start_once(0);  // from the loop: what is being reaped is told of first
}

void LiveUpgrade::settle() {
  if (const std::string obstacle = parts_.find_obstacle(); !obstacle.empty()) {
    return fail(make_error(ErrorCode::kUnavailable, obstacle));
  }
  const std::string busy = parts_.find_busy();
  if (busy.empty()) {
    return go();
  }
  if (base::monotonic_ns() >= settle_until_ns_) {
    return fail(make_error(ErrorCode::kTimeout, fmt::format("still after {} s {}; try again",
                                                            kSettleTimeoutMs / 1'000, busy)));
  }
  timer_.start_once(kSettlePollMs);
}

void LiveUpgrade::go() {
  UpgradeState state = parts_.take_state();
  state.binary = binary_;
  state.self_binary = keep(new_self_);
  state.router_binary = keep(new_router_);
  state.config_reader = keep(new_config_reader_);
  const std::vector<std::byte> bytes = encode_upgrade_state(state);
  if (const auto readable = decode_upgrade_state(bytes); !readable) {
    return fail(make_error(ErrorCode::kDamaged, readable.error().message));
  }
  Result<base::Fd> memory = write_upgrade_file(bytes, parts_.fallback_directory);
  if (!memory) {
    return fail(make_error(memory.error().code, memory.error().message));
  }
  parts_.leave();
  const base::Error error =
      exec_upgrade(new_self_, *memory, collect_kept_fds(state), parts_.environment);
  fail(make_error(error.code, error.message));
}

void LiveUpgrade::fail(base::Error error) {
  timer_.stop();
  new_self_.reset();
  new_router_.reset();
  new_config_reader_.reset();
  progress_.under_way = false;
  ++progress_.ended;
  progress_.error = std::move(error);
  parts_.ended();
}

}  // namespace supervisor
