// The requests that only ask: what is told of the instance, and how it is put into lines.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "supervisor/control/health.h"
#include "supervisor/control/request_handler.h"

namespace supervisor {

base::Result<Answer> RequestHandler::status(const Request& request) {
  TRY(find_places(request));
  StatusReport report = port_.status();
  if (!request.names.empty()) {
    std::erase_if(report.services, [&](const ServiceStatus& service) {
      return std::ranges::find(request.names, service.name) == request.names.end();
    });
  }
  return make_answer(make_status_json(report));
}

base::Result<Answer> RequestHandler::explain(const Request& request) const {
  TRY(find_places(request));
  base::JsonWriter json;
  json.begin_object().field("name", request.names.front()).key("lines").begin_array();
  for (const std::string& name : request.names) {
    for (const std::string& line : port_.explain(name)) {
      json.value(line);
    }
  }
  json.end_array().end_object();
  return make_answer(json.text());
}

base::Result<Answer> RequestHandler::events(const Request& request) const {
  TRY(find_places(request));
  EventCursor cursor{.next = request.since ? *request.since + 1 : 0, .names = request.names};
  Answer answer;
  if (request.follow == FollowMode::kFollow) {
    answer.follow = std::move(cursor);
    return answer;
  }
  answer.chunks.push_back({.bytes = port_.events().read(cursor, limits_.reply_bytes), .fds = {}});
  return answer;
}

std::string RequestHandler::follow(EventCursor& cursor) const {
  return port_.events().read(cursor, limits_.follow_bytes);
}

namespace {

Answer hand_over(base::Fd pipe) {
  OutputChunk chunk;
  chunk.bytes = "{\"ok\":true}\n";
  chunk.fds.push_back(std::move(pipe));
  Answer answer;
  answer.chunks.push_back(std::move(chunk));
  return answer;
}

}  // namespace

base::Result<Answer> RequestHandler::tap(const Request& request) {
  TRY_ASSIGN(base::Fd pipe, port_.tap(request.names.front()));
  return hand_over(std::move(pipe));
}

base::Result<Answer> RequestHandler::manage_spool(const Request& request) {
  TRY_ASSIGN(base::Fd pipe, port_.manage_spool(request.names.front(), request.spool_action));
  return hand_over(std::move(pipe));
}

/// One line and at most kFdsMax descriptors a chunk; "more" says whether another follows. The port
/// knows the names: birl's own log and sources have rings too.
base::Result<Answer> RequestHandler::logs(const Request& request) {
  TRY_ASSIGN(std::vector<LogSource> sources, port_.log_sources(request.names));
  if (sources.size() > limits_.log_sources) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot show more than {} logs at once", limits_.log_sources));
  }
  Answer answer;
  std::size_t index = 0;
  do {
    base::JsonWriter json;
    OutputChunk chunk;
    json.begin_object().key("sources").begin_array();
    for (; index < sources.size() && chunk.fds.size() < OutputChunk::kFdsMax; ++index) {
      json.value(sources[index].name);
      chunk.fds.push_back(std::move(sources[index].ring));
    }
    json.end_array().field("more", index < sources.size()).end_object();
    chunk.bytes = json.text() + '\n';
    answer.chunks.push_back(std::move(chunk));
  } while (index < sources.size());
  return answer;
}

base::Result<Answer> RequestHandler::healthy(const Request& request) {
  TRY_ASSIGN(const auto problems,
             find_health_problems(port_.status(), request.names, request.scope));
  return make_answer(make_health_json(problems));
}

}  // namespace supervisor
