// Real nginx, as people run it: master and workers, /dev/stdout and /dev/stderr as its logs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>

#include "tests/support/control_client.h"
#include "tests/support/instance.h"

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

}  // namespace
}  // namespace support
