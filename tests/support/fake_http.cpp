#include "tests/support/fake_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "base/check.h"
#include "base/text.h"

namespace support {

namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

FakeHttp::Request parse_head(const std::string& head) {
  FakeHttp::Request request;
  std::istringstream lines(head);
  std::string version;
  lines >> request.method >> request.path >> version;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line != "\r") {
    const std::size_t colon = line.find(':');
    request.headers[lower(line.substr(0, colon))] = base::trim(line.substr(colon + 1));
  }
  return request;
}

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void reset(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

std::string text_of(const FakeHttp::Reply& reply) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " Said\r\n";
  for (const std::string& header : reply.headers) {
    text += header + "\r\n";
  }
  if (reply.status == 204) {
    return text + "\r\n";
  }
  return text + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
}

}  // namespace

bool gunzip(const std::string& packed, std::string& text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (::inflateInit2(&stream, kGzipWindow) != Z_OK) {
    return false;
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<char, 65'536> part{};
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    result = ::inflate(&stream, Z_NO_FLUSH);
    text.append(part.data(), part.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  return result == Z_STREAM_END && stream.avail_in == 0;
}

FakeHttp::FakeHttp(std::uint16_t port)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port);
  socklen_t size = sizeof(address);
  ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ASSERT(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ASSERT(::listen(listener_.get(), 64) == 0);
  port_ = ::ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FakeHttp::~FakeHttp() {
  stop();
}

void FakeHttp::stop() {
  if (!thread_.joinable()) {
    return;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
  for (std::thread& connection : connections_) {
    connection.join();
  }
  listener_.reset();
}

std::string FakeHttp::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

void FakeHttp::script(std::vector<Reply> replies) {
  const std::scoped_lock lock(mutex_);
  script_.assign(replies.begin(), replies.end());
}

void FakeHttp::set_usual(Reply reply) {
  const std::scoped_lock lock(mutex_);
  usual_ = std::move(reply);
}

void FakeHttp::set_judge(Judge judge) {
  const std::scoped_lock lock(mutex_);
  judge_ = std::move(judge);
}

std::vector<FakeHttp::Request> FakeHttp::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

std::vector<std::string> FakeHttp::problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

std::vector<std::string> FakeHttp::accepted_lines() const {
  std::vector<std::string> lines;
  for (const Request& request : requests()) {
    std::istringstream body(request.status >= 200 && request.status < 300 ? request.body : "");
    for (std::string line; std::getline(body, line);) {
      lines.push_back(line);
    }
  }
  return lines;
}

void FakeHttp::run() {
  for (;;) {
    std::array<pollfd, 2> polls{{{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                                 {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
    ::poll(polls.data(), polls.size(), -1);
    if (polls[1].revents != 0) {
      return;
    }
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    const int fd =
        ::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
    if (fd >= 0) {
      connections_.emplace_back([this, fd, port = ::ntohs(peer.sin_port)] { serve(fd, port); });
    }
  }
}

void FakeHttp::serve(int fd, std::uint16_t peer_port) {
  const base::Fd connection(fd);
  std::string input;
  while (serve_one(fd, input, peer_port)) {
  }
}

/// False: the connection ends.
bool FakeHttp::serve_one(int fd, std::string& input, std::uint16_t peer_port) {
  std::size_t end = 0;
  while ((end = input.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more(fd, input)) {
      return false;
    }
  }
  Request request = parse_head(input.substr(0, end + 4));
  request.peer_port = peer_port;
  input.erase(0, end + 4);
  const auto length = base::parse_decimal(request.headers["content-length"]);
  const auto bytes = static_cast<std::size_t>(length.value_or(0));
  const Reply reply = next_reply(request);
  const std::size_t wanted = reply.act == Act::kReset ? bytes / 2 : bytes;
  while (input.size() < wanted) {
    if (!read_more(fd, input)) {
      return false;
    }
  }
  request.body = input.substr(0, wanted);
  input.erase(0, wanted);
  if (reply.act == Act::kReset) {
    reset(fd);
    return false;
  }
  check(request);
  const Reply answer = decide(request);
  const Reply& last = answer.status != 0 ? answer : reply;
  request.status = last.act == Act::kAnswer ? last.status : 0;
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
  }
  if (last.act == Act::kHang) {
    wait_for_stop();
    return false;
  }
  send_all(fd, text_of(last));
  return true;
}

bool FakeHttp::read_more(int fd, std::string& input) const {
  std::array<pollfd, 2> polls{{{.fd = fd, .events = POLLIN, .revents = 0},
                               {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
  ::poll(polls.data(), polls.size(), -1);
  std::array<char, 65'536> part{};
  const ssize_t count = polls[1].revents != 0 ? 0 : ::recv(fd, part.data(), part.size(), 0);
  if (count > 0) {
    input.append(part.data(), static_cast<std::size_t>(count));
  }
  return count > 0;
}

void FakeHttp::wait_for_stop() const {
  pollfd poll{.fd = stop_.get(), .events = POLLIN, .revents = 0};
  ::poll(&poll, 1, -1);
}

FakeHttp::Reply FakeHttp::next_reply(const Request& /*request*/) {
  const std::scoped_lock lock(mutex_);
  if (script_.empty()) {
    return usual_;
  }
  Reply reply = script_.front();
  script_.pop_front();
  return reply;
}

/// Status 0: the script decides.
FakeHttp::Reply FakeHttp::decide(Request& request) {
  Judge judge;
  {
    const std::scoped_lock lock(mutex_);
    judge = judge_;
  }
  return judge ? judge(request) : Reply{.status = 0};
}

void FakeHttp::check(Request& request) {
  std::vector<std::string> wrong;
  if (!request.headers.contains("content-length") || request.headers["content-length"].empty()) {
    wrong.emplace_back("no Content-Length");
  }
  if (request.headers.contains("expect")) {
    wrong.emplace_back("it expects 100-continue");
  }
  if (request.headers.contains("transfer-encoding")) {
    wrong.emplace_back("it is chunked");
  }
  if (!request.headers.contains("host") || !request.headers.contains("content-type")) {
    wrong.emplace_back("no Host or no Content-Type");
  }
  if (request.headers.contains("content-encoding")) {
    std::string text;
    if (!gunzip(request.body, text)) {
      wrong.emplace_back("its gzip is damaged");
    }
    request.body = text;
  }
  const std::scoped_lock lock(mutex_);
  std::ranges::move(wrong, std::back_inserter(problems_));
}

}  // namespace support
