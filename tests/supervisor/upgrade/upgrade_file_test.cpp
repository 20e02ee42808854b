// The state of a live upgrade as bytes: round trips, and everything that may be wrong with them.
#include "supervisor/upgrade/upgrade_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "supervisor/upgrade/upgrade_state.h"

namespace supervisor {
namespace {

using testing::HasSubstr;

/// One that a running birl with one service might write.
UpgradeState make_state() {
  UpgradeState state;
  state.former_version = "0.1.0";
  state.options.config_paths = {"/etc/birl/birl.toml"};
  state.environment = {"PATH=/bin", "EMPTY="};
  state.open_files = KeptLimit{1024, 4096};
  state.config = std::string("bytes\0of a configuration", 24);
  state.runtime_directory = "/run/birl";
  state.runtime_lock.number = 10;
  state.control_listener.number = 11;
  state.message_pipe.number = 12;
  state.router.state.number = 13;
  state.router.staging_read.number = 14;
  state.router.staging_write.number = 15;
  state.scaled["web"] = {.configured = 2, .count = 5};
  state.events = {.first = 7, .events = {{.service = "web", .line = "{}\n"}}};
  state.last_resort.children = {{.pid = 100, .role = 1, .stop_signal = 3, .stop_group = true}};
  state.launched = {100, 101};
  MemberSnapshot member;
  member.service.state = ServiceState::kRunning;
  member.service.child = 2;
  member.service.pid = 100;
  member.service.group = 100;
  state.fleet.members = {member};
  KeptSlot slot;
  slot.name = "web";
  slot.logs_id = 4;
  state.slots = {slot};
  KeptLogs logs;
  logs.service_id = 4;
  logs.name = "web";
  logs.sinks = {"console"};
  logs.ring.number = 16;
  logs.pipes = {{.info = {.slot = 1, .stream = logging::Stream::kStderr, .incarnation = 9},
                 .read = {.number = 17}}};
  logs.awaited = KeptAwaited{9, {"ready"}};
  state.router.services = {logs};
  state.router.retired = {{.sink_id = 1, .received = 3, .delivered = 2, .dropped = {1}}};
  return state;
}

/// For a state that was changed: with a checksum that fits.
base::Result<UpgradeState> read_again(const UpgradeState& state) {
  return decode_upgrade_state(encode_upgrade_state(state));
}

TEST(UpgradeFileTest, WhatIsWrittenIsRead) {
  const std::vector<std::byte> bytes = encode_upgrade_state(make_state());
  const auto read = decode_upgrade_state(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode_upgrade_state(*read), bytes);
  EXPECT_EQ(read->router.services[0].pipes[0].read.number, 17);
  EXPECT_EQ(read->config, make_state().config);
}

TEST(UpgradeFileTest, AFileInMemoryIsReadWhole) {
  const std::vector<std::byte> bytes = encode_upgrade_state(make_state());
  const auto file = write_upgrade_file(bytes, "/tmp");
  ASSERT_TRUE(file);
  EXPECT_EQ(read_upgrade_file(file->get()), bytes);
  EXPECT_NE(upgrade_checksum(bytes), 0U);
}

TEST(UpgradeFileTest, ADescriptorOfSomethingElseIsNoState) {
  const auto pipe = base::make_pipe();
  EXPECT_FALSE(read_upgrade_file(pipe->read.get()));
  EXPECT_FALSE(read_upgrade_file(-1));
}

TEST(UpgradeFileTest, CutAtAnyByteItIsRefused) {
  const std::vector<std::byte> bytes = encode_upgrade_state(make_state());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_upgrade_state(std::span(bytes).first(length))) << length;
  }
}

TEST(UpgradeFileTest, WithAnyByteChangedItIsRefused) {
  std::vector<std::byte> bytes = encode_upgrade_state(make_state());
  constexpr std::size_t kUnused = 12;  // four bytes of the header that are zero
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at >= kUnused && at < kUnused + 4) {
      continue;
    }
    bytes[at] ^= std::byte{0x21};
    EXPECT_FALSE(decode_upgrade_state(bytes)) << at;
    bytes[at] ^= std::byte{0x21};
  }
}

/// As above, but with a checksum that fits: the decoder itself must not fall over.
TEST(UpgradeFileTest, NoContentMakesTheDecoderFail) {
  const std::vector<std::byte> whole = base::Encoder::encode(make_state());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::vector<std::byte> content = whole;
    content[at] ^= std::byte{0xFF};
    const auto state = base::Decoder::decode<UpgradeState>(content);
    if (state) {
      [[maybe_unused]] const auto checked = check_upgrade_state(*state);
    }
    EXPECT_FALSE(base::Decoder::decode<UpgradeState>(std::span(whole).first(at)));
  }
}

TEST(UpgradeFileTest, ANewerVersionIsRefusedWithBothNumbers) {
  std::vector<std::byte> bytes = encode_upgrade_state(make_state());
  const std::uint32_t newer = kUpgradeVersion + 1;
  std::memcpy(bytes.data() + 8, &newer, sizeof(newer));
  const auto read = decode_upgrade_state(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, base::ErrorCode::kInvalid);
  EXPECT_THAT(read.error().message, HasSubstr("of version 2"));
  EXPECT_THAT(read.error().message, HasSubstr("knows version 1"));
}

/// What a newer birl of the same version number writes.
struct LargerState : UpgradeState {
  std::string added = "news";
  template <typename V>
  void visit(V& v) {
    v.field("added_first", added);
    UpgradeState::visit(v);
    v.field("added_last", added);
  }
};

TEST(UpgradeFileTest, MembersThatAreUnknownAreSkippedAndMissingOnesKeepTheirDefault) {
  LargerState larger;
  static_cast<UpgradeState&>(larger) = make_state();
  const auto read = base::Decoder::decode<UpgradeState>(base::Encoder::encode(larger));
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_upgrade_state(*read), encode_upgrade_state(make_state()));
  const auto newer = base::Decoder::decode<LargerState>(base::Encoder::encode(make_state()));
  ASSERT_TRUE(newer);
  EXPECT_EQ(newer->added, "news");
  EXPECT_EQ(newer->runtime_directory, "/run/birl");
}

TEST(UpgradeStateTest, AContradictionIsNamed) {
  ASSERT_TRUE(read_again(make_state()));
  UpgradeState state = make_state();
  state.router.staging_read.number = 10;
  EXPECT_THAT(read_again(state).error().message, HasSubstr("two owners"));
  state = make_state();
  state.runtime_lock.number = 1;
  EXPECT_THAT(read_again(state).error().message, HasSubstr("two owners"));
  state = make_state();
  state.message_pipe.number = -1;
  EXPECT_THAT(read_again(state).error().message, HasSubstr("is missing"));
  state = make_state();
  state.slots.clear();
  EXPECT_THAT(read_again(state).error().message, HasSubstr("services are missing"));
  state = make_state();
  state.slots[0].logs_id = 5;
  EXPECT_THAT(read_again(state).error().message, HasSubstr("no logs"));
  state = make_state();
  state.fleet.members[0].service.pid = 0;
  EXPECT_THAT(read_again(state).error().message, HasSubstr("such a state"));
  state = make_state();
  state.router.services[0].pipes[0].info.slot = 1000;
  EXPECT_THAT(read_again(state).error().message, HasSubstr("web has a pipe"));
  state = make_state();
  state.hooks = {{.service = 0, .hook = 4, .pid = 100}};
  EXPECT_THAT(read_again(state).error().message, HasSubstr("no service"));
  state = make_state();
  state.checks = {{.pid = 100, .service = 1, .failure = {}, .output = {}, .read = {}}};
  EXPECT_THAT(read_again(state).error().message, HasSubstr("no service"));
}

TEST(UpgradeStateTest, ARemovedServiceNeedsNoLogs) {
  UpgradeState state = make_state();
  state.fleet.members[0].removed = true;
  state.slots[0].logs_id = kNoLogs;
  EXPECT_TRUE(read_again(state));
}

}  // namespace
}  // namespace supervisor
