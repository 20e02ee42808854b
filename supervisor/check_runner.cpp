#include "supervisor/check_runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/fd.h"

namespace supervisor {

using base::Result;

struct CheckRunner::Check {
  ServiceId service = 0;
  std::uint64_t number = 0;
  bool wanted = true;
  std::string failure;  // of the start
  std::string output;
  base::Fd read_end;
  std::optional<base::Poll> poll;
};

namespace {

/// The first line of what a check wrote, without what a terminal would obey.
std::string make_reason(const std::string& output, const ExitStatus& exit) {
  std::string line = output.substr(0, output.find('\n'));
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c >= '\x7f' || c < 0; },
      '?');
  return line.empty() ? exit.describe() : line;
}

}  // namespace

CheckRunner::CheckRunner(base::Loop& loop, Launcher& launcher, Done done)
    : loop_(loop), launcher_(launcher), done_(std::move(done)) {}

CheckRunner::~CheckRunner() = default;

Result<void> CheckRunner::start(ServiceId service, std::uint64_t number, SpawnRequest request) {
  TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
  TRY(base::set_nonblocking(pipe.read.get(), true));
  auto check = std::make_unique<Check>();
  Check* const started = check.get();
  check->service = service;
  check->number = number;
  check->read_end = std::move(pipe.read);
  TRY_ASSIGN(check->poll, base::Poll::open(loop_, check->read_end.get(), base::Poll::kReadable,
                                           [started](int) { read_output(*started); }));
  request.fds.push_back({.source = pipe.write.get(), .target = STDOUT_FILENO});
  request.fds.push_back({.source = pipe.write.get(), .target = STDERR_FILENO});
  // The outcome comes before the child is reaped, and so while `started` lives.
  TRY_ASSIGN(const pid_t pid, launcher_.launch(request, [started](const SpawnOutcome& outcome) {
    if (!outcome.started) {
      started->failure = outcome.error.message;
    }
  }));
  checks_.insert_or_assign(pid, std::move(check));
  return {};
}

std::vector<KeptCheck> CheckRunner::take_state() const {
  std::vector<KeptCheck> kept;
  for (const auto& [pid, check] : checks_) {
    kept.push_back({.pid = pid,
                    .service = check->service,
                    .number = check->number,
                    .wanted = check->wanted,
                    .failure = check->failure,
                    .output = check->output,
                    .read = check->poll ? keep(check->read_end) : KeptFd()});
  }
  return kept;
}

Result<void> CheckRunner::restore(const KeptCheck& kept, base::Fd read_end) {
  auto check = std::make_unique<Check>();
  Check* const restored = check.get();
  check->service = kept.service;
  check->number = kept.number;
  check->wanted = kept.wanted;
  check->failure = kept.failure;
  check->output = kept.output.substr(0, kReasonBytesMax);
  check->read_end = std::move(read_end);
  if (check->read_end.valid()) {
    TRY_ASSIGN(check->poll, base::Poll::open(loop_, check->read_end.get(), base::Poll::kReadable,
                                             [restored](int) { read_output(*restored); }));
  }
  checks_.insert_or_assign(kept.pid, std::move(check));
  return {};
}

void CheckRunner::read_output(Check& check) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(check.read_end.get(), buffer.data(), buffer.size());
  if (count == 0) {
    check.poll.reset();
  } else if (count > 0) {
    const std::size_t room = kReasonBytesMax - check.output.size();
    check.output.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
  }
}

void CheckRunner::abandon(ServiceId service) {
  for (auto& [pid, check] : checks_) {
    if (check->service == service && check->wanted) {
      check->wanted = false;
      check->poll.reset();
      check->read_end.reset();
      launcher_.abandon(pid);
      ::kill(pid, SIGKILL);
      ::kill(-pid, SIGKILL);
    }
  }
}

bool CheckRunner::on_child_exited(pid_t pid, const ExitStatus& exit) {
  const auto found = checks_.find(pid);
  if (found == checks_.end()) {
    return false;
  }
  const std::unique_ptr<Check> check = std::move(found->second);
  checks_.erase(found);
  ::kill(-pid, SIGKILL);  // what it left behind; its number is nobody else's yet
  if (!check->wanted) {
    return true;
  }
  if (check->poll) {
    read_output(*check);
  }
  const bool passed = exit.kind == ExitKind::kExited && exit.code == 0;
  const std::string failure =
      check->failure.empty() ? make_reason(check->output, exit) : check->failure;
  done_(check->service, check->number, passed ? "" : failure);
  return true;
}

}  // namespace supervisor
