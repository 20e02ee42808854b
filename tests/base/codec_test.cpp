#include "base/codec.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace base {
namespace {

enum class Color : std::uint8_t { kRed, kBlue };

struct Inner {
  std::string name;
  Duration wait{7};
  template <typename V>
  void visit(V& v) {
    v.field("name", name);
    v.field("wait", wait);
  }
  friend bool operator==(const Inner&, const Inner&) = default;
};

struct Outer {
  std::uint64_t number = 5;
  Color color = Color::kRed;
  bool on = false;
  std::optional<std::int32_t> maybe;
  std::vector<std::string> list;
  std::map<std::string, Inner> inners;
  Inner one;
  template <typename V>
  void visit(V& v) {
    v.field("number", number);
    v.field("color", color);
    v.field("on", on);
    v.field("maybe", maybe);
    v.field("list", list);
    v.field("inners", inners);
    v.field("one", one);
  }
  friend bool operator==(const Outer&, const Outer&) = default;
};

Outer example() {
  return {.number = 1ULL << 60U,
          .color = Color::kBlue,
          .on = true,
          .maybe = -3,
          .list = {"a", std::string("nul\0byte", 8), ""},
          .inners = {{"x", {.name = "inner", .wait = {9}}}, {"", {}}},
          .one = {.name = "last", .wait = {1}}};
}

TEST(CodecTest, ReadsBackWhatItWrote) {
  EXPECT_EQ(*Decoder::decode<Outer>(Encoder::encode(example())), example());
}

// What an older build sends to a newer one: members that it did not have keep their defaults.
struct OlderOuter {
  std::uint64_t number = 42;
  std::string gone = "unknown to the new one";
  template <typename V>
  void visit(V& v) {
    v.field("gone", gone);
    v.field("number", number);
  }
};

TEST(CodecTest, SkipsUnknownMembersAndKeepsDefaultsOfMissingOnes) {
  Outer expected;
  expected.number = 42;
  EXPECT_EQ(*Decoder::decode<Outer>(Encoder::encode(OlderOuter{})), expected);
}

TEST(CodecTest, EveryTruncationIsAnErrorAndNeverReadsOutside) {
  const std::vector<std::byte> whole = Encoder::encode(example());
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const std::vector<std::byte> part(whole.begin(),
                                      whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    EXPECT_FALSE(Decoder::decode<Outer>(part)) << bytes;
  }
}

TEST(CodecTest, FlippedBitsNeverCrash) {
  const std::vector<std::byte> whole = Encoder::encode(example());
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::vector<std::byte> damaged = whole;
    damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    [[maybe_unused]] const auto result = Decoder::decode<Outer>(damaged);
  }
}

}  // namespace
}  // namespace base
