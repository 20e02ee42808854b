#include "supervisor/sweeper.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/codec.h"
#include "supervisor/process/cgroup.h"
#include "supervisor/process/leftovers.h"

namespace supervisor {
namespace {

constexpr std::uint64_t kSweepNs = 1'500 * base::kNsPerMs;  // less than the machine waits for it
constexpr std::size_t kLeadersMax = 16;

template <typename T>
std::vector<std::byte> encode(const T& object) {
  return base::Encoder::encode(object);
}

}  // namespace

Sweeper::Traces& Sweeper::traces(ServiceId service) {
  if (service >= traces_.size()) {
    traces_.resize(service + 1);
  }
  return traces_[service];
}

void Sweeper::on_launching(ServiceId service, const std::optional<Identity>& identity) {
  Traces& of = traces(service);
  of.identity = identity;
  of.seen.clear();
  of.leaders.clear();
}

void Sweeper::add_leader(ServiceId service, pid_t pid) {
  Traces& of = traces(service);
  if (of.leaders.size() < kLeadersMax && std::ranges::find(of.leaders, pid) == of.leaders.end()) {
    of.leaders.push_back(pid);
  }
}

void Sweeper::note_descendants(ServiceId service) {
  Traces& of = traces(service);
  if (of.leaders.empty() || of.noting != 0) {
    return;
  }
  const auto helper =
      parts_.helpers.run([leaders = of.leaders] { return encode(find_descendants(leaders)); },
                         [this, service](const HelperChild::Answer& answer) {
                           Traces& noted = traces(service);
                           noted.noting = 0;
                           const auto found = answer ? base::Decoder::decode<ProcessKeys>(*answer)
                                                     : base::Result<ProcessKeys>();
                           if (found) {
                             noted.seen = found->keys;
                           }
                         });
  of.noting = helper.value_or(0);  // without a process for it, the other marks have to do
}

/// All that birl started and did not reap, and what services say is theirs.
std::vector<pid_t> Sweeper::known_pids(ServiceId service) const {
  std::vector<pid_t> known = parts_.launcher.alive();
  for (const pid_t pid : parts_.helpers.pids()) {
    known.push_back(pid);
  }
  for (const pid_t pid : parts_.main_pids()) {
    known.push_back(pid);
  }
  if (service < traces_.size()) {
    std::erase_if(known, [&](pid_t pid) {
      return std::ranges::find(traces_[service].leaders, pid) != traces_[service].leaders.end();
    });
  }
  return known;
}

SweepRequest Sweeper::make_request(ServiceId service) {
  const Traces& of = traces(service);
  const ServiceSlot& slot = parts_.services[service];
  SweepRequest request{.init = ::getpid(),
                       .leaders = of.leaders,
                       .seen = of.seen,
                       .known = known_pids(service),
                       .marker = {fmt::format("BIRL_SERVICE={}", slot.config->name),
                                  fmt::format("BIRL_SOCKET={}", parts_.socket_path)},
                       .pipes = {},
                       .identity = of.identity,
                       .cgroup = parts_.cgroups.directory(slot.config->name)};
  for (const ServicePipe& pipe : slot.logs->pipes()) {
    struct stat status {};
    if (::fstat(pipe.read.get(), &status) == 0) {
      request.pipes.push_back(status.st_ino);
    }
  }
  return request;
}

void Sweeper::run(ServiceId service, Done done) {
  abandon(service);
  const std::optional<std::vector<pid_t>> children = list_children();
  const std::vector<pid_t> known = known_pids(service);
  const bool all_known = children && std::ranges::all_of(*children, [&](pid_t child) {
                           return std::ranges::find(known, child) != known.end();
                         });
  const std::string cgroup = parts_.cgroups.directory(parts_.services[service].config->name);
  if (all_known && (cgroup.empty() || !is_populated(cgroup))) {
    take_orphans({});
    return done();
  }
  const auto helper = parts_.helpers.run(
      [request = make_request(service)] {
        return encode(sweep(request, base::monotonic_ns() + kSweepNs));
      },
      [this, service, done](const HelperChild::Answer& answer) {
        on_swept(service, answer);
        done();
      });
  if (helper) {
    traces(service).sweeping = *helper;
  } else {
    parts_.diag.warn("{}: cannot look for processes that it left: {}",
                     parts_.services[service].config->name, helper.error().message);
    done();
  }
}

void Sweeper::abandon(ServiceId service) {
  if (const pid_t sweeping = std::exchange(traces(service).sweeping, 0); sweeping != 0) {
    parts_.helpers.abandon(sweeping);
  }
}

void Sweeper::on_swept(ServiceId service, const HelperChild::Answer& answer) {
  traces(service).sweeping = 0;
  if (!answer) {
    return;
  }
  auto report = base::Decoder::decode<SweepReport>(*answer);
  if (!report) {
    return;
  }
  for (const SweptProcess& process : report->killed) {
    parts_.diag.info("{}: killed process {}, which it had left behind: {}",
                     parts_.services[service].config->name, process.pid, process.command);
  }
  take_orphans(std::move(report->orphans));
}

void Sweeper::take_orphans(std::vector<SweptProcess> orphans) {
  for (const SweptProcess& orphan : orphans) {
    if (std::ranges::find(orphans_, orphan) == orphans_.end()) {
      parts_.diag.warn("process {} belongs to no service: {}", orphan.pid, orphan.command);
    }
  }
  orphans_ = std::move(orphans);
}

void Sweeper::forget(pid_t pid) {
  std::erase_if(orphans_, [pid](const SweptProcess& orphan) { return orphan.pid == pid; });
}

KeptTraces Sweeper::take_state(ServiceId service) const {
  KeptTraces kept;
  if (service < traces_.size()) {
    const Traces& of = traces_[service];
    kept.leaders = of.leaders;
    kept.seen = of.seen;
    if (of.identity) {
      kept.identity = KeptIdentity{of.identity->uid, of.identity->gid, of.identity->groups};
    }
  }
  return kept;
}

void Sweeper::restore(ServiceId service, const KeptTraces& kept) {
  Traces& of = traces(service);
  of.leaders = kept.leaders;
  of.seen = kept.seen;
  if (kept.identity) {
    of.identity = Identity{
        .uid = kept.identity->uid, .gid = kept.identity->gid, .groups = kept.identity->groups};
  }
}

/// They are children that nobody has reaped: the numbers are still theirs.
void Sweeper::kill_orphans() const {
  for (const SweptProcess& orphan : orphans_) {
    ::kill(orphan.pid, SIGKILL);
  }
}

}  // namespace supervisor
