#include "supervisor/control/request_handler.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "supervisor/control/config_reload_json.h"
#include "supervisor/control/health.h"
#include "supervisor/control/protocol.h"

namespace supervisor {

namespace {

Answer make_ok() {
  return make_answer(R"({"ok":true})");
}

constexpr std::string_view kWaitPhrase = "cannot wait for";

std::string_view goal_phrase(Goal goal) {
  switch (goal) {
    case Goal::kStarted:
      return "cannot start";
    case Goal::kRestarted:
      return "cannot restart";
    case Goal::kStopped:
      return "cannot stop";
    case Goal::kReloaded:
      return "cannot reload";
    case Goal::kReady:
    case Goal::kFailed:
      return kWaitPhrase;
  }
  return kWaitPhrase;
}

Goal goal_of(const Request& request) {
  switch (request.verb) {
    case Verb::kStart:
      return Goal::kStarted;
    case Verb::kRestart:
      return Goal::kRestarted;
    case Verb::kStop:
      return Goal::kStopped;
    case Verb::kReload:
      return Goal::kReloaded;
    default:
      break;
  }
  switch (request.wait_for) {
    case WaitFor::kReady:
      return Goal::kReady;
    case WaitFor::kStopped:
      return Goal::kStopped;
    case WaitFor::kFailed:
      return Goal::kFailed;
  }
  return Goal::kReady;
}

/// One service of the answer to a transition.
struct Outcome {
  std::string service;
  std::string state;
  std::string error;
};

std::string make_outcome_json(std::span<const Outcome> outcomes, std::string_view error,
                              base::ErrorCode code) {
  base::JsonWriter json;
  json.begin_object();
  if (error.empty()) {
    json.field("ok", true);
  } else {
    json.field("error", error);
    json.field("code", error_code_name(code));
  }
  json.key("services").begin_array();
  for (const Outcome& outcome : outcomes) {
    json.begin_object();
    json.field("name", outcome.service);
    json.field("state", outcome.state);
    if (!outcome.error.empty()) {
      json.field("error", outcome.error);
    }
    json.end_object();
  }
  json.end_array().end_object();
  return json.text();
}

std::string join_errors(std::span<const Outcome> outcomes) {
  std::string joined;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.error.empty()) {
      joined += fmt::format("{}{}", joined.empty() ? "" : "; ", outcome.error);
    }
  }
  return joined;
}

}  // namespace

Answer make_answer(std::string json) {
  json += '\n';
  Answer answer;
  answer.chunks.push_back({.bytes = std::move(json), .fds = {}});
  return answer;
}

Answer make_error_answer(const base::Error& error) {
  return make_answer(make_error_json(error));
}

/// Who is no owner may do what each of the named services allows, and nothing else.
base::Result<void> RequestHandler::check_rights(const Request& request, const std::string& verb,
                                                const Caller& caller) const {
  if (request.verb == Verb::kUpgrade) {
    return check_upgrade_rights(caller);
  }
  const bool is_about_services = request.verb != Verb::kRotate && request.verb != Verb::kDebugFault;
  const bool allowed = is_about_services && !request.names.empty() &&
                       std::ranges::all_of(request.names, [&](const std::string& name) {
                         return port_.is_allowed(name, verb, caller.groups);
                       });
  if (caller.is_owner || allowed) {
    return {};
  }
  return base::fail(base::ErrorCode::kPermission,
                    fmt::format("cannot {} for uid {}: do it as root, as uid {}, as a member of "
                                "[birl] control.group, or have the service `allow` it",
                                verb, caller.uid, access_.user));
}

Answer RequestHandler::handle(std::string_view line, const Caller& caller) {
  const auto words = parse_words(line);
  if (!words) {
    return make_error_answer(words.error());
  }
  auto request = parse_request(*words);
  if (!request) {
    return make_error_answer(request.error());
  }
  expand_names(*request);
  if (const auto allowed = check_rights(*request, words->front(), caller); !allowed) {
    return make_error_answer(allowed.error());
  }
  auto answer = dispatch(*request);
  return answer ? *std::move(answer) : make_error_answer(answer.error());
}

base::Result<Answer> RequestHandler::dispatch(const Request& request) {
  switch (request.verb) {
    case Verb::kStatus:
      return status(request);
    case Verb::kExplain:
      return explain(request);
    case Verb::kEvents:
      return events(request);
    case Verb::kTrace:
      return make_answer(port_.trace());
    case Verb::kStart:
    case Verb::kStop:
    case Verb::kRestart:
    case Verb::kReload:
      return request.names.empty() ? reload_config(request) : transition(request);
    case Verb::kScale:
      return scale(request);
    case Verb::kWait:
      return wait(request);
    case Verb::kSignal:
      TRY(find_places(request));
      for (const std::string& name : request.names) {
        TRY(port_.signal(name, request.signal, request.target));
      }
      return make_ok();
    case Verb::kRotate:
      TRY(port_.rotate(request.names.empty() ? "" : request.names.front()));
      return make_ok();
    case Verb::kTap:
      return tap(request);
    case Verb::kSpool:
      return manage_spool(request);
    case Verb::kLogs:
      return logs(request);
    case Verb::kShutdown:
      TRY(port_.shutdown(request.exit_code));
      return make_ok();
    case Verb::kUpgrade:
      return upgrade(request);
    case Verb::kHealthy:
      return healthy(request);
    case Verb::kVersion:
      return make_answer(fmt::format(R"({{"version":"{}","pid":{}}})", BIRL_VERSION,
                                     static_cast<long>(::getpid())));
    case Verb::kDebugFault:
      return debug_fault(request);
  }
  return base::fail(base::ErrorCode::kInvalid, "no such request");
}

/// Every name must exist before anything is done to any.
base::Result<std::vector<Hold::Place>> RequestHandler::find_places(const Request& request) const {
  std::vector<Hold::Place> places;
  for (const std::string& name : request.names) {
    const auto progress = port_.progress(name);
    if (!progress) {
      return no_such_service(name, port_.service_names());
    }
    const bool is_reload = request.verb == Verb::kReload;
    const bool runs = progress->state == "starting" || progress->state == "running";
    // To start a scheduled one that runs is to wait for the end of that run.
    const bool counts = request.verb == Verb::kStart && progress->scheduled && runs;
    places.push_back({.service = name,
                      .before = is_reload ? progress->reloads : progress->starts - (counts ? 1 : 0),
                      .error = {}});
  }
  return places;
}

base::Result<void> RequestHandler::begin(Verb verb, const std::string& service) {
  switch (verb) {
    case Verb::kStart:
      return port_.start(service);
    case Verb::kStop:
      return port_.stop(service);
    case Verb::kReload:
      return port_.reload(service);
    default:
      return port_.restart(service);
  }
}

base::Result<Answer> RequestHandler::transition(const Request& request) {
  const Goal goal = goal_of(request);
  Hold hold{.goal = goal,
            .phrase = goal_phrase(goal),
            .config_reloads = std::nullopt,
            .upgrades = std::nullopt,
            .services = {},
            .timeout_ms = 0};
  TRY_ASSIGN(hold.services, find_places(request));
  for (Hold::Place& place : hold.services) {
    const auto begun = begin(request.verb, place.service);
    if (!begun) {
      place.error = begun.error().message;
    }
  }
  const bool refused =
      std::ranges::any_of(hold.services, [](const auto& place) { return !place.error.empty(); });
  if (request.wait_mode == WaitMode::kNoWait && !refused) {
    return make_ok();
  }
  hold.timeout_ms = std::min(request.timeout_ms.value_or(limits_.wait_ms), limits_.wait_ms_max);
  return hold_or_answer(std::move(hold));
}

base::Result<Answer> RequestHandler::reload_config(const Request& request) {
  const std::uint64_t before = port_.config_reload().ended;
  TRY(port_.reload_config());
  if (request.wait_mode == WaitMode::kNoWait) {
    return make_ok();
  }
  Hold hold{
      .goal = Goal::kReloaded,
      .phrase = goal_phrase(Goal::kReloaded),
      .config_reloads = before,
      .upgrades = std::nullopt,
      .services = {},
      .timeout_ms = std::min(request.timeout_ms.value_or(limits_.wait_ms), limits_.wait_ms_max)};
  return hold_or_answer(std::move(hold));
}

std::optional<Answer> RequestHandler::review_config(std::uint64_t reloads_before) const {
  const ConfigReloadProgress progress = port_.config_reload();
  const bool took_it_over = progress.error || progress.router_ready;
  if (progress.ended <= reloads_before || !took_it_over) {
    return std::nullopt;
  }
  std::string trouble;
  for (const auto* names : {&progress.restarted, &progress.added}) {
    for (const std::string& name : *names) {
      const auto service = port_.progress(name);
      if (service && (service->state == "starting" || service->state == "stopping")) {
        return std::nullopt;
      }
      if (service && (service->state == "backoff" || service->state == "failed")) {
        trouble += fmt::format("{}{}: {}", trouble.empty() ? "" : "; ", name, service->reason);
      }
    }
  }
  return make_answer(make_config_reload_json(progress, trouble));
}

base::Result<Answer> RequestHandler::wait(const Request& request) {
  Hold hold{.goal = goal_of(request),
            .phrase = kWaitPhrase,
            .config_reloads = std::nullopt,
            .upgrades = std::nullopt,
            .services = {},
            .timeout_ms = 0};
  TRY_ASSIGN(hold.services, find_places(request));
  hold.timeout_ms = std::min(request.timeout_ms.value_or(limits_.wait_ms), limits_.wait_ms_max);
  return hold_or_answer(std::move(hold));
}

Answer RequestHandler::hold_or_answer(Hold hold) const {
  if (auto answer = review(hold)) {
    return *std::move(answer);
  }
  Answer answer;
  answer.hold = std::move(hold);
  return answer;
}

std::optional<Answer> RequestHandler::review(const Hold& hold) const {
  if (hold.config_reloads) {
    return review_config(*hold.config_reloads);
  }
  if (hold.upgrades) {
    return review_upgrade(*hold.upgrades);
  }
  std::vector<Outcome> outcomes;
  for (const Hold::Place& place : hold.services) {
    const auto progress = port_.progress(place.service);
    Outcome outcome{.service = place.service,
                    .state = progress ? progress->state : "removed",
                    .error = place.error};
    if (place.error.empty()) {
      Arrival arrival = find_arrival(hold.goal, place.before, progress);
      if (arrival.state == Arrival::State::kPending) {
        return std::nullopt;
      }
      if (arrival.state == Arrival::State::kFailed) {
        outcome.error = fmt::format("{} {}: {}", hold.phrase, place.service, arrival.reason);
      }
    }
    outcomes.push_back(std::move(outcome));
  }
  return make_answer(
      make_outcome_json(outcomes, join_errors(outcomes), base::ErrorCode::kUnavailable));
}

Answer RequestHandler::time_out(const Hold& hold) const {
  if (hold.config_reloads) {
    return make_error_answer(
        {.code = base::ErrorCode::kTimeout,
         .sys_errno = 0,
         .message = fmt::format("cannot reload within {}: see birl status",
                                base::format_duration(hold.timeout_ms * base::kNsPerMs))});
  }
  std::vector<Outcome> outcomes;
  for (const Hold::Place& place : hold.services) {
    const auto progress = port_.progress(place.service);
    const bool pending =
        find_arrival(hold.goal, place.before, progress).state == Arrival::State::kPending;
    Outcome outcome{
        .service = place.service, .state = progress ? progress->state : "removed", .error = {}};
    if (pending) {
      outcome.error =
          fmt::format("{} {} within {}: it is {}{}{}", hold.phrase, place.service,
                      base::format_duration(hold.timeout_ms * base::kNsPerMs), outcome.state,
                      progress->reason.empty() ? "" : ", ", progress->reason);
    }
    outcomes.push_back(std::move(outcome));
  }
  return make_answer(make_outcome_json(outcomes, join_errors(outcomes), base::ErrorCode::kTimeout));
}

base::Result<Answer> RequestHandler::debug_fault(const Request& request) const {
  if (access_.faults == ControlAccess::Faults::kForbidden) {
    return base::fail(base::ErrorCode::kPermission,
                      "cannot inject a fault: BIRL_DEBUG_FAULTS=1 was not set at start");
  }
  Answer answer = make_ok();
  answer.fault = request.fault;
  return answer;
}

}  // namespace supervisor
