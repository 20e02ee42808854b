// Real nginx, as people run it: master and workers, /dev/stdout and /dev/stderr as its logs.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>

#include "tests/support/control_client.h"
#include "tests/support/instance.h"
#include "tests/support/launch.h"
#include "tests/support/require.h"

namespace support {
namespace {

constexpr int kRequests = 10'000;
constexpr uid_t kNobody = 65'534;

constexpr const char* kNginxConf = R"(
daemon off;
worker_processes 2;
pid @DIR@/nginx/pid;
error_log /dev/stderr notice;
events { worker_connections 64; }
http {
  log_format numbered 'request $request_uri $status';
  access_log /dev/stdout numbered;
  client_body_temp_path @DIR@/nginx/body;
  proxy_temp_path @DIR@/nginx/proxy;
  fastcgi_temp_path @DIR@/nginx/fastcgi;
  uwsgi_temp_path @DIR@/nginx/uwsgi;
  scgi_temp_path @DIR@/nginx/scgi;
  keepalive_requests 1000000;
  server {
    listen unix:@DIR@/nginx/sock;
    location / { return 200 "ok\n"; }
  }
}
)";

/// Sends `count` requests from /`first` on over one connection; false when one is not answered.
bool request_all(const std::string& path, int first, int count) {
  const base::Fd socket = connect_to(path);
  std::string seen;
  std::array<char, 4096> buffer{};
  for (int i = first; i < first + count; ++i) {
    const std::string request = "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: test\r\n\r\n";
    if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      return false;
    }
    seen.clear();
    while (!seen.ends_with("\r\n\r\nok\n")) {
      const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        return false;
      }
      seen.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  return true;
}

std::string nginx_config() {
  const std::string user = ::getuid() == 0 ? "user = \"65534\"\n" : "";
  return R"(
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
rotate = {size = "64KiB", keep = 1000}
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.nginx]
log = ["files"]
command = "until test -e @DIR@/nginx/conf; do sleep 0.01; done; exec nginx -e stderr -c @DIR@/nginx/conf"
stop = {signal = "QUIT"}
)" + user;
}

void prepare_nginx(const Instance& birl) {
  const std::string directory = birl.directory() / "nginx";
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  if (::getuid() == 0) {
    ASSERT_EQ(::chown(directory.c_str(), kNobody, kNobody), 0);
  }
  write_text(directory + "/conf.new", birl.expand(kNginxConf));
  ASSERT_EQ(::rename((directory + "/conf.new").c_str(), (directory + "/conf").c_str()), 0);
}

TEST(NginxTest, TenThousandRequestsAreTenThousandLinesInRotatedFiles) {
  if (!exists("/usr/sbin/nginx")) {
    GTEST_SKIP() << "nginx is not installed";
  }
  Instance birl({.config = nginx_config()});
  prepare_nginx(birl);
  const std::string socket = birl.directory() / "nginx/sock";
  ASSERT_TRUE(eventually([&] { return connect_to(socket).valid(); }))
      << read_log(birl.directory() / "log/nginx/current");
  for (int first = 0; first < kRequests; first += kRequests / 10) {
    ASSERT_TRUE(request_all(socket, first, kRequests / 10));
  }
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);

  std::multiset<std::string> requests;
  for (const std::string& line : lines_of(read_log(birl.directory() / "log/nginx/current"))) {
    if (line.starts_with("request ")) {
      requests.insert(line);
    }
  }
  EXPECT_EQ(requests.size(), static_cast<std::size_t>(kRequests));
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(requests.count("request /" + std::to_string(i) + " 200"), 1U) << i;
  }
  EXPECT_GE(log_files(birl.directory() / "log/nginx/current").size(), 3U);
  EXPECT_THAT(read_log(birl.directory() / "log/nginx/current"),
              testing::HasSubstr("[notice]"));  // stderr came too
}

constexpr const char* kWatchedConf = R"(
daemon off;
worker_processes 2;
pid @DIR@/nginx/pid;
error_log /dev/stderr notice;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path @DIR@/nginx/body;
  proxy_temp_path @DIR@/nginx/proxy;
  fastcgi_temp_path @DIR@/nginx/fastcgi;
  uwsgi_temp_path @DIR@/nginx/uwsgi;
  scgi_temp_path @DIR@/nginx/scgi;
  server {
    listen 127.0.0.1:@PORT@;
    location / { return 200 "version @VERSION@;\n"; }
  }
}
)";

std::string watched_config() {
  const std::string user = ::getuid() == 0 ? "user = \"65534\"\n" : "";
  return R"(
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
[service.nginx]
log = ["files"]
command = ["nginx", "-e", "stderr", "-c", "@DIR@/nginx/conf"]
start = "manual"
stop = {signal = "QUIT"}
reload = { check = ["nginx", "-t", "-e", "stderr", "-c", "@DIR@/nginx/conf"] }
watch = { paths = ["@DIR@/nginx/conf"], debounce = "50ms" }
)" + user;
}

std::string replace_all(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what)) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// A port that nobody had a moment ago.
std::uint16_t pick_port() {
  const base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  require(::bind(socket.get(), any, bytes) == 0 && ::getsockname(socket.get(), any, &bytes) == 0,
          "bind a port");
  return ntohs(address.sin_port);
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(NginxTest, AWatchedChangeUnderLoadFailsNoRequest) {
  if (!exists("/usr/sbin/nginx") || !exists("/usr/bin/wrk")) {
    GTEST_SKIP() << "nginx or wrk is not installed";
  }
  Instance birl({.config = watched_config()});
  const std::string directory = birl.directory() / "nginx";
  ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
  if (::getuid() == 0) {
    ASSERT_EQ(::chown(directory.c_str(), kNobody, kNobody), 0);
  }
  const std::string port = std::to_string(pick_port());
  const std::string conf = replace_all(birl.expand(kWatchedConf), "@PORT@", port);
  const auto put_version = [&](std::size_t version) {
    write_text(directory + "/conf.new", replace_all(conf, "@VERSION@", std::to_string(version)));
    ASSERT_EQ(::rename((directory + "/conf.new").c_str(), (directory + "/conf").c_str()), 0);
  };
  const auto reloads = [&] {
    return count_of(read_log(birl.directory() / "log/nginx/current"), "reconfiguring");
  };
  put_version(0);
  ASSERT_TRUE(eventually([&] { return birl.state("nginx") == "stopped"; }));
  ASSERT_EQ(birl.cli({"start", "nginx"}).code, 0);
  const std::string url = "http://127.0.0.1:" + port + "/";
  ASSERT_TRUE(eventually([&] { return birl.cli({"probe", "http", url}).code == 0; }));
  const TempDirectory results;
  const base::Fd out(::open((results / "wrk").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  // A connection for each request: one that is kept open is closed by a worker that goes, as HTTP
  // allows, and what was on its way there is then the client's to send again.
  const pid_t wrk = launch({.program = "/usr/bin/wrk",
                            .argv = {"wrk", "-t1", "-c8", "-d8s", "-H", "Connection: close", url},
                            .environment = clean_environment(),
                            .stdout_fd = out.get(),
                            .stderr_fd = out.get()});
  std::size_t version = 0;
  std::optional<int> ended;
  while (!ended) {
    put_version(++version);
    ASSERT_TRUE(eventually([&] {
      ended = ended ? ended : wait_exit(wrk, std::chrono::milliseconds(0));
      return reloads() >= version;
    }));
  }
  const std::string told = read_text(results / "wrk");
  EXPECT_EQ(ended, 0) << told;
  EXPECT_THAT(told, testing::HasSubstr("requests in"));
  EXPECT_THAT(told, testing::Not(testing::HasSubstr("Socket errors"))) << version << " reloads";
  EXPECT_THAT(told, testing::Not(testing::HasSubstr("Non-2xx")));
  EXPECT_GE(version, 2U);
  EXPECT_EQ(birl.service("nginx")["restarts"], 0);
}

}  // namespace
}  // namespace support
