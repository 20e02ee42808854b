#include "tests/support/fake_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/text.h"

namespace support {

namespace {

constexpr std::size_t kResetAfterBytes = 4096;
constexpr std::size_t kSlowBytes = 16;

void ring(const base::Fd& event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof(one));
}

base::Fd bind_unix(const std::string& path, int type) {
  base::Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  ::unlink(path.c_str());
  ASSERT(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return socket;
}

base::Fd bind_inet(std::uint16_t& port, int type) {
  base::Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port);
  socklen_t size = sizeof(address);
  ASSERT(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ASSERT(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ::ntohs(address.sin_port);
  return socket;
}

}  // namespace

FakeStream::FakeStream(Options options)
    : options_(std::move(options)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      release_(::eventfd(0, EFD_CLOEXEC)),
      port_(options_.port) {
  const bool is_stream = options_.kind == Kind::kTcp || options_.kind == Kind::kUnixStream;
  const int type = is_stream ? SOCK_STREAM : SOCK_DGRAM;
  socket_ = options_.path.empty() ? bind_inet(port_, type) : bind_unix(options_.path, type);
  ASSERT(!is_stream || ::listen(socket_.get(), 64) == 0);
  thread_ = std::thread([this, is_stream] { is_stream ? run() : run_datagrams(); });
}

FakeStream::~FakeStream() {
  stop();
}

void FakeStream::stop() {
  if (!thread_.joinable()) {
    return;
  }
  ring(stop_);
  thread_.join();
  for (std::thread& connection : connections_) {
    connection.join();
  }
  socket_.reset();
}

std::string FakeStream::address() const {
  if (!options_.path.empty()) {
    return "unix:" + options_.path;
  }
  return (options_.kind == Kind::kUdp ? "udp://127.0.0.1:" : "tcp://127.0.0.1:") +
         std::to_string(port_);
}

void FakeStream::script(std::vector<Act> acts) {
  const std::scoped_lock lock(mutex_);
  script_.assign(acts.begin(), acts.end());
}

void FakeStream::set_usual(Act act) {
  const std::scoped_lock lock(mutex_);
  usual_ = act;
}

void FakeStream::release() {
  ring(release_);
}

std::vector<std::string> FakeStream::messages() const {
  const std::scoped_lock lock(mutex_);
  return messages_;
}

std::vector<std::string> FakeStream::problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

int FakeStream::connections() const {
  const std::scoped_lock lock(mutex_);
  return accepted_;
}

FakeStream::Act FakeStream::next_act() {
  const std::scoped_lock lock(mutex_);
  ++accepted_;
  if (script_.empty()) {
    return usual_;
  }
  const Act act = script_.front();
  script_.pop_front();
  return act;
}

void FakeStream::tell(std::string problem) {
  const std::scoped_lock lock(mutex_);
  problems_.push_back(std::move(problem));
}

/// False: the end.
bool FakeStream::wait_readable(int fd) const {
  std::array<pollfd, 2> polls{{{.fd = fd, .events = POLLIN, .revents = 0},
                               {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
  ::poll(polls.data(), polls.size(), -1);
  return polls[1].revents == 0;
}

void FakeStream::run() {
  while (wait_readable(socket_.get())) {
    const int fd = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      connections_.emplace_back([this, fd, act = next_act()] { serve(fd, act); });
    }
  }
}

void FakeStream::run_datagrams() {
  std::array<char, 65'536> datagram{};
  while (wait_readable(socket_.get())) {
    const ssize_t count = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
    const std::scoped_lock lock(mutex_);
    messages_.emplace_back(datagram.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
}

void FakeStream::serve(int fd, Act act) {
  const base::Fd connection(fd);
  if (act == Act::kSlow) {
    const int bytes = 1;  // the kernel makes it its least
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }
  if (act == Act::kHang && !wait_readable(release_.get())) {
    return;
  }
  std::string input;
  std::array<char, 65'536> part{};
  while (wait_readable(fd)) {
    const std::size_t wanted = act == Act::kReset  ? kResetAfterBytes
                               : act == Act::kSlow ? kSlowBytes
                                                   : part.size();
    const ssize_t count = ::recv(fd, part.data(), wanted, MSG_PEEK);
    if (count <= 0) {
      if (count == 0 && !input.empty()) {
        tell("the stream ends within a message: " + input);
      }
      if (count == 0 && act == Act::kNeverClose) {
        (void)wait_readable(stop_.get());
      }
      return;
    }
    store(input, {part.data(), static_cast<std::size_t>(count)});
    if (act == Act::kReset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
      return;
    }
    ::recv(fd, part.data(), static_cast<std::size_t>(count), 0);
  }
}

void FakeStream::store(std::string& input, std::string_view fresh) {
  input += fresh;
  while (take_message(input)) {
  }
}

/// False: there is no whole message.
bool FakeStream::take_message(std::string& input) {
  std::size_t start = 0;
  std::size_t bytes = input.find(options_.framing == Framing::kNul ? '\0' : '\n');
  std::size_t end = bytes + 1;
  if (options_.framing == Framing::kOctet) {
    const std::size_t space = input.find(' ');
    if (space == std::string::npos) {
      return false;
    }
    const auto length = base::parse_decimal(input.substr(0, space));
    if (!length || *length == 0 || input.front() == '0') {
      tell("\"" + input.substr(0, space) + "\" is no length");
      input.clear();
      return false;
    }
    start = space + 1;
    bytes = static_cast<std::size_t>(*length);
    end = start + bytes;
    if (input.size() < end) {
      return false;
    }
  } else if (bytes == std::string::npos) {
    return false;
  }
  const std::scoped_lock lock(mutex_);
  messages_.push_back(input.substr(start, bytes));
  input.erase(0, end);
  return true;
}

}  // namespace support
