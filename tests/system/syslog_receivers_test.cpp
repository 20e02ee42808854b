// Real rsyslog and syslog-ng as the receivers of every transport, TLS too: each line once, in
// order, with all that the header says.
//
// `./dev test` unpacks both below BIRL_PEERS (installing one would replace the other, and the
// machine's own); without them these tests are skipped.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "tests/support/fake_stream.h"
#include "tests/support/instance.h"
#include "tests/support/tls_front.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

constexpr int kLines = 150;  // as datagrams they fit into any socket's buffer

enum class Transport { kTcp, kUdp, kTls, kUnix };

struct Place {
  Transport transport{};
  std::string directory;
  std::uint16_t port = 0;
  TestCertificate certificate;

  [[nodiscard]] std::string socket() const { return directory + "/log.sock"; }
  [[nodiscard]] std::string out() const { return directory + "/out"; }
};

/// A real receiver that writes `PRIORITY HOST PROGRAM STRUCTURED-DATA MESSAGE` lines to out().
struct Receiver {
  const char* name;
  const char* program;  // below its root
  std::string (*configuration)(const Place&);
  std::vector<std::string> (*arguments)(const std::string& root, const std::string& directory);
  std::vector<std::string> library_directories;  // below its root
};

std::string rsyslog_input(const Place& place) {
  switch (place.transport) {
    case Transport::kTcp:
      return fmt::format(
          "module(load=\"imtcp\")\ninput(type=\"imtcp\" port=\"{}\" address=\"127.0.0.1\")\n",
          place.port);
    case Transport::kUdp:
      return fmt::format(
          "module(load=\"imudp\")\ninput(type=\"imudp\" port=\"{}\" address=\"127.0.0.1\")\n",
          place.port);
    case Transport::kTls:
      return fmt::format(
          "global(DefaultNetstreamDriver=\"ossl\" DefaultNetstreamDriverCAFile=\"{0}\"\n"
          "  DefaultNetstreamDriverCertFile=\"{0}\" DefaultNetstreamDriverKeyFile=\"{1}\")\n"
          "module(load=\"imtcp\" StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\"\n"
          "  StreamDriver.AuthMode=\"anon\")\n"
          "input(type=\"imtcp\" port=\"{2}\" address=\"127.0.0.1\")\n",
          place.certificate.cert_file, place.certificate.key_file, place.port);
    case Transport::kUnix:
      return fmt::format(
          "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
          "input(type=\"imuxsock\" Socket=\"{}\" UseSpecialParser=\"off\" ParseHostname=\"on\"\n"
          "  UseSysTimeStamp=\"off\" RateLimit.Interval=\"0\")\n",
          place.socket());
  }
  return {};
}

std::string rsyslog_configuration(const Place& place) {
  return fmt::format(
      "global(workDirectory=\"{0}\")\n{1}"
      "template(name=\"t\" type=\"string\"\n"
      "  string=\"%pri% %hostname% %app-name% %structured-data%%msg%\\n\")\n"
      "action(type=\"omfile\" file=\"{2}\" template=\"t\")\n",
      place.directory, rsyslog_input(place), place.out());
}

std::string syslog_ng_source(const Place& place) {
  switch (place.transport) {
    case Transport::kTcp:
      return fmt::format("syslog(ip(127.0.0.1) port({}) transport(tcp))", place.port);
    case Transport::kUdp:
      return fmt::format("syslog(ip(127.0.0.1) port({}) transport(udp))", place.port);
    case Transport::kTls:
      return fmt::format(
          "syslog(ip(127.0.0.1) port({}) transport(tls)\n"
          "  tls(key-file(\"{}\") cert-file(\"{}\") peer-verify(optional-untrusted)))",
          place.port, place.certificate.key_file, place.certificate.cert_file);
    case Transport::kUnix:
      return fmt::format("unix-dgram(\"{}\" flags(syslog-protocol))", place.socket());
  }
  return {};
}

std::string syslog_ng_configuration(const Place& place) {
  return fmt::format(
      "@version: 3.38\n"
      "options {{ keep-hostname(yes); }};\n"
      "source s {{ {}; }};\n"
      "destination d {{ file(\"{}\" template('$PRI $HOST $PROGRAM [x@1 "
      "a=\"${{.SDATA.x@1.a}}\"]$MSG\n')); }};\n"
      "log {{ source(s); destination(d); }};\n",
      syslog_ng_source(place), place.out());
}

/// The directory below `root` that holds a file of this name.
std::string directory_of(const std::string& root, std::string_view file) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/usr/lib")) {
    if (entry.path().filename() == file) {
      return entry.path().parent_path();
    }
  }
  return {};
}

const std::vector<Receiver>& receivers() {
  static const std::vector<Receiver> all{
      {"rsyslog",
       "/usr/sbin/rsyslogd",
       rsyslog_configuration,
       [](const std::string& root, const std::string& directory) {
         return std::vector<std::string>{"rsyslogd",
                                         "-n",
                                         "-C",
                                         "-f",
                                         directory + "/conf",
                                         "-i",
                                         directory + "/pid",
                                         "-M",
                                         directory_of(root, "imtcp.so")};
       },
       {"libestr.so.0", "lmnet.so"}},
      {"syslog_ng",
       "/usr/sbin/syslog-ng",
       syslog_ng_configuration,
       [](const std::string& root, const std::string& directory) {
         return std::vector<std::string>{"syslog-ng",
                                         "-F",
                                         "--no-caps",
                                         "-f",
                                         directory + "/conf",
                                         "--persist-file",
                                         directory + "/persist",
                                         "--pidfile",
                                         directory + "/pid",
                                         "--control",
                                         directory + "/ctl",
                                         "--module-path",
                                         directory_of(root, "libaffile.so")};
       },
       {"libivykis.so.0", "libsyslog-ng-3.38.so.0"}}};
  return all;
}

class Running {
 public:
  Running(const Receiver& receiver, const std::string& root, const Place& place) {
    write_text(place.directory + "/conf", receiver.configuration(place));
    const std::vector<std::string> words = receiver.arguments(root, place.directory);
    std::string libraries;
    for (const std::string& file : receiver.library_directories) {
      libraries += (libraries.empty() ? "" : ":") + directory_of(root, file);
    }
    const std::string program = root + receiver.program;
    pid_ = ::fork();
    if (pid_ == 0) {
      std::vector<char*> pointers;
      for (const std::string& word : words) {
        pointers.push_back(const_cast<char*>(word.c_str()));
      }
      pointers.push_back(nullptr);
      ::setenv("LD_LIBRARY_PATH", libraries.c_str(), 1);
      ::execv(program.c_str(), pointers.data());
      ::_exit(127);
    }
  }
  ~Running() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  pid_t pid_ = -1;
};

/// A datagram that comes before its receiver is lost, or refused.
bool is_listening(const Place& place) {
  if (place.transport == Transport::kUnix) {
    return std::filesystem::exists(place.socket());
  }
  return read_text("/proc/net/udp").find(fmt::format(":{:04X} 00000000:0000", place.port)) !=
         std::string::npos;
}

std::string address_of(const Place& place) {
  switch (place.transport) {
    case Transport::kTcp:
      return fmt::format("tcp://127.0.0.1:{}", place.port);
    case Transport::kUdp:
      return fmt::format("udp://127.0.0.1:{}", place.port);
    case Transport::kTls:
      return fmt::format("tls://127.0.0.1:{}", place.port);
    case Transport::kUnix:
      return "unix:" + place.socket();
  }
  return {};
}

std::string config_for(const Place& place) {
  return fmt::format(
      R"(
[birl]
state_directory = "@DIR@/state"
host = "testhost"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.talker]
type = "oneshot"
log = ["remote"]
command = "i=0; while [ $i -lt {} ]; do i=$((i + 1)); echo line $i; done"
[sink.remote]
type = "syslog"
address = "{}"
structured_data = '[x@1 a="b"]'
batch = {{linger = "10ms"}}
retry = {{initial = "20ms", max = "100ms"}}
{})",
      kLines, address_of(place),
      place.transport == Transport::kTls
          ? fmt::format("tls = {{ca_file = \"{}\"}}\n", place.certificate.cert_file)
          : "");
}

using Case = std::tuple<std::size_t, Transport>;

class SyslogReceiversTest : public testing::TestWithParam<Case> {};

TEST_P(SyslogReceiversTest, EveryLineIsWrittenOnce) {
  const Receiver& receiver = receivers()[std::get<0>(GetParam())];
  const char* peers = std::getenv("BIRL_PEERS");
  const std::string root = fmt::format("{}/{}", peers != nullptr ? peers : "", receiver.name);
  if (!std::filesystem::exists(root + receiver.program)) {
    GTEST_SKIP() << "there is no " << receiver.name << " below BIRL_PEERS";
  }
  const TempDirectory directory;
  const Place place{std::get<1>(GetParam()), directory.path(), FakeStream({}).port(),
                    TestCertificate(directory.path())};
  const Running running(receiver, root, place);
  if (place.transport == Transport::kUdp || place.transport == Transport::kUnix) {
    ASSERT_TRUE(eventually([&] { return is_listening(place); }));
  }
  Instance birl({.config = config_for(place)});
  ASSERT_TRUE(eventually([&] { return lines_of(read_text(place.out())).size() >= kLines; }))
      << read_text(place.out());
  expect_exact_ledger(birl);
  const auto lines = lines_of(read_text(place.out()));
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kLines));
  for (int line = 0; line < kLines; ++line) {
    EXPECT_EQ(lines[static_cast<std::size_t>(line)],
              "14 testhost talker [x@1 a=\"b\"]line " + std::to_string(line + 1));
  }
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  constexpr std::array kTransports{"tcp", "udp", "tls", "unix"};
  return fmt::format("{}_{}", receivers()[std::get<0>(info.param)].name,
                     kTransports[static_cast<std::size_t>(std::get<1>(info.param))]);
}

INSTANTIATE_TEST_SUITE_P(Real, SyslogReceiversTest,
                         testing::Combine(testing::Values(0U, 1U),
                                          testing::Values(Transport::kTcp, Transport::kUdp,
                                                          Transport::kTls, Transport::kUnix)),
                         case_name);

}  // namespace
}  // namespace support
