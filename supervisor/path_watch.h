// `watch` of services: tells when what their paths lead to has changed.
//
//     event ──debounce──▶ looking (a helper child) ──another fingerprint──▶ changed(service)
//
// Watched while a service is up. Looking means: find out what has to be watched now (links may lead
// elsewhere), set the watches, take the fingerprint (process/watch_points.h); PID 1 itself only
// reads events, which touches no file. The debounce time begins anew with each event, but not for
// longer than kPatience times; so a file that is written all the time is looked at too. Lost events
// (a full queue) make everybody look. A change that cannot be acted upon yet, since the service has
// begun to start and may have read what was there before, is put off: told again once it runs.
// Threads: the loop's. Owner: Instance; borrows everything in Parts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/loop.h"
#include "supervisor/helpers.h"
#include "supervisor/machine/dependency_graph.h"
#include "supervisor/process/watch_points.h"
#include "supervisor/service_starter.h"

namespace supervisor {

class PathWatch {
 public:
  static constexpr std::uint64_t kPatience = 10;

  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    Helpers& helpers;
    const ServiceSlots& services;
    std::function<void(ServiceId)> changed;
  };

  explicit PathWatch(Parts parts);
  ~PathWatch();
  PathWatch(const PathWatch&) = delete;
  PathWatch& operator=(const PathWatch&) = delete;

  /// What the paths led to when they were looked at last. One that is restored (a live upgrade)
  /// before begin() is what the first look is compared with: a change meanwhile is told.
  [[nodiscard]] std::optional<std::uint64_t> fingerprint(ServiceId service) const;
  void restore(ServiceId service, std::uint64_t fingerprint) { former_[service] = fingerprint; }

  /// As its configuration says now; the same again changes nothing.
  void begin(ServiceId service);
  void end(ServiceId service);

  /// A change was told that is to be told again: by tell_again().
  void put_off(ServiceId service);
  /// Who is watched starts anew, and reads all then.
  void forget_put_off(ServiceId service);
  /// What was put off is looked at after the debounce time, and told whatever is found.
  void tell_again(ServiceId service);

 private:
  struct Watched;

  [[nodiscard]] base::Result<void> open();
  void look(ServiceId service);
  void on_looked(ServiceId service, HelperChild::Answer answer);
  void take(ServiceId service, WatchedPaths found);
  void on_events();
  void on_event(std::int32_t descriptor, std::uint32_t mask, const std::string& name);
  void debounce(ServiceId service);
  void drop_unused(const std::vector<Watch>& former);

  Parts parts_;
  base::Fd inotify_;
  std::optional<base::Poll> poll_;
  std::map<ServiceId, std::uint64_t> former_;      // of watches that have not begun
  std::vector<std::unique_ptr<Watched>> watched_;  // by ServiceId; nullptr: nothing
};

}  // namespace supervisor
