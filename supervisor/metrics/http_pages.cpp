#include "supervisor/metrics/http_pages.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/listen_address.h"
#include "supervisor/control/client.h"
#include "supervisor/control/reply.h"
#include "supervisor/metrics/prometheus_text.h"

namespace supervisor {

namespace {

constexpr unsigned kUnavailable = 503;
constexpr unsigned kNotFound = 404;

HttpPage no_answer(const base::Error& error) {
  return {.status = kUnavailable, .body = error.message + "\n"};
}

HttpPage health_page(const Client& client, const std::vector<std::string>& words) {
  const auto reply = client.ask(words, HttpPageLimits::kAnswerMs);
  if (!reply) {
    return no_answer(reply.error());
  }
  const auto problems = parse_health(reply->text);
  if (!problems) {
    return no_answer(problems.error());
  }
  HttpPage page{.status = problems->empty() ? 200U : kUnavailable,
                .body = problems->empty() ? "ok\n" : ""};
  for (const HealthProblem& problem : *problems) {
    page.body += fmt::format("{}: {}\n", problem.service, problem.reason);
  }
  return page;
}

HttpPage metrics_page(const Client& client) {
  const std::vector<std::string> words{"status"};
  const auto reply = client.ask(words, HttpPageLimits::kAnswerMs);
  if (!reply) {
    return no_answer(reply.error());
  }
  const auto report = parse_status(reply->text);
  if (!report) {
    return no_answer(report.error());
  }
  return {.content_type = std::string(kPrometheusContentType),
          .body = prometheus_text(*report, base::realtime_ns())};
}

/// A whole answer, queued on the connection.
MHD_Result answer(MHD_Connection* connection, const HttpPage& page) {
  MHD_Response* response = ::MHD_create_response_from_buffer(
      page.body.size(), const_cast<char*>(page.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) {
    return MHD_NO;
  }
  ::MHD_add_response_header(response, "Content-Type", page.content_type.c_str());
  ::MHD_add_response_header(response, "Cache-Control", "no-store");
  const MHD_Result queued = ::MHD_queue_response(connection, page.status, response);
  ::MHD_destroy_response(response);
  return queued;
}

MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                      const char* /*version*/, const char* /*upload*/, std::size_t* upload_bytes,
                      void** /*request*/) {
  const auto* pages = static_cast<const HttpPages*>(self);
  const std::string_view verb(method);
  if (verb != "GET" && verb != "HEAD") {
    return answer(connection, {.status = 405, .body = "only GET and HEAD\n"});
  }
  if (*upload_bytes != 0) {
    return MHD_NO;
  }
  return answer(connection, make_page(pages->socket_path(), url));
}

/// Bound and listening; libmicrohttpd would resolve names and say less.
base::Result<base::Fd> listen_at(const std::string& listen) {
  TRY_ASSIGN(const base::ListenAddress address, base::parse_listen_address(listen));
  base::Fd socket(
      ::socket(address.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.address), address.bytes) !=
          0 ||
      ::listen(socket.get(), static_cast<int>(HttpPageLimits::kConnections)) != 0) {
    return base::fail_errno(fmt::format("cannot listen on {} ([http] listen)", listen));
  }
  return socket;
}

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof(address);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &bytes);
  // The port stands at the same place in both.
  return ::ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

HttpPage make_page(const std::string& socket_path, const std::string& path) {
  const Client client(socket_path);
  if (path == "/metrics") {
    return metrics_page(client);
  }
  if (path == "/livez") {
    return health_page(client, {"healthy", "--live"});
  }
  if (path == "/readyz" || path == "/healthz") {
    return health_page(client, {"healthy"});
  }
  return {.status = kNotFound, .body = "there are /livez, /readyz, /healthz and /metrics\n"};
}

base::Result<std::unique_ptr<HttpPages>> HttpPages::open(const std::string& listen,
                                                         std::string socket_path) {
  TRY_ASSIGN(base::Fd socket, listen_at(listen));
  std::unique_ptr<HttpPages> pages(new HttpPages(std::move(socket_path)));
  pages->port_ = port_of(socket.get());
  const int fd = socket.release();  // the daemon closes it
  pages->daemon_ = ::MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, nullptr, nullptr, &on_request, pages.get(),
      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, HttpPageLimits::kConnections,
      MHD_OPTION_CONNECTION_TIMEOUT, HttpPageLimits::kIdleSeconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, HttpPageLimits::kConnectionBytes, MHD_OPTION_END);
  if (pages->daemon_ == nullptr) {
    return base::fail_errno(fmt::format("cannot serve HTTP on {}", listen));
  }
  return pages;
}

HttpPages::~HttpPages() {
  if (daemon_ != nullptr) {
    ::MHD_stop_daemon(daemon_);
  }
}

}  // namespace supervisor
