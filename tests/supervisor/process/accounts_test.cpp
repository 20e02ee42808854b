#include "supervisor/process/identity.h"

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AccountsTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  AccountFiles files_{.passwd = directory_.write("passwd",
                                                 "root:x:0:0:root:/root:/bin/bash\n"
                                                 "# a comment\n"
                                                 "broken:x:zero:0::/:/bin/sh\n"
                                                 "short:x:5:5\n" +
                                                     std::string(100'000, 'x') +
                                                     ":x:7:7::/:/bin/sh\n"
                                                     "app:x:1000:1001:The App:/srv/app:\n"
                                                     "1000:x:1234:1234::/home/digits:/bin/sh\n"
                                                     "twin:x:1234:99::/twin:/bin/sh\n"
                                                     "last:x:9:9::/last:/bin/false"),
                      .group = directory_.write("group",
                                                "root:x:0:\n"
                                                "adm:x:4:app,other\n"
                                                "www:x:33:other,app\n"
                                                "apps:x:1001:\n"
                                                "broken:x::app\n"
                                                "wwwapp:x:34:apple\n")};
};

TEST_F(AccountsTest, FindsANameWithAllItsFields) {
  const Account expected{
      .name = "app", .uid = 1000, .gid = 1001, .home = "/srv/app", .shell = "/bin/sh"};
  EXPECT_EQ(*find_account("app", files_), expected);
}

TEST_F(AccountsTest, FindsTheLastLineWithoutANewline) {
  EXPECT_EQ(find_account("last", files_)->uid, 9U);
}

TEST_F(AccountsTest, ANumberIsAUidUnlessAUserIsCalledSo) {
  EXPECT_EQ(find_account("1000", files_)->uid, 1234U);
  EXPECT_EQ(find_account("1234", files_)->name, "1000");  // the first of two
  EXPECT_EQ(find_account("0", files_)->home, "/root");
}

TEST_F(AccountsTest, AUidWithoutAnEntryNeedsNone) {
  const Account expected{.name = "4242", .uid = 4242, .gid = 4242, .home = "/", .shell = "/bin/sh"};
  EXPECT_EQ(*find_account("4242", files_), expected);
  EXPECT_EQ(find_account("4242:7", files_)->gid, 7U);
}

TEST_F(AccountsTest, AGroupBehindAColonReplacesTheUsersOwn) {
  EXPECT_EQ(find_account("app:www", files_)->gid, 33U);
}

TEST_F(AccountsTest, UnknownAndMalformedNamesAreErrors) {
  EXPECT_EQ(find_account("nobody-here", files_).error().message,
            "cannot find the user \"nobody-here\" in " + files_.passwd);
  EXPECT_FALSE(find_account("broken", files_));
  EXPECT_FALSE(find_account("short", files_));
  EXPECT_FALSE(find_account("", files_));
  EXPECT_FALSE(find_account("-1", files_));
  EXPECT_FALSE(find_account("4294967295", files_));  // (uid_t)-1 means "no change"
  EXPECT_THAT(find_account("app:nogroup", files_).error().message, HasSubstr("\"nogroup\""));
}

TEST_F(AccountsTest, MissingFilesCountAsEmpty) {
  const AccountFiles none{.passwd = directory_.path() + "/none", .group = "/no/such/group"};
  EXPECT_EQ(find_account("33", none)->uid, 33U);
  EXPECT_FALSE(find_account("root", none));
  EXPECT_EQ(*find_group("33", none), 33U);
}

TEST_F(AccountsTest, MemberGroupsAreThoseThatListTheExactName) {
  EXPECT_THAT(*find_member_groups("app", 1001, files_), ElementsAre(4, 33, 1001));
  EXPECT_THAT(*find_member_groups("apple", 33, files_), ElementsAre(33, 34));
}

TEST_F(AccountsTest, AnIdentityJoinsUserGroupAndGroups) {
  const Account app = *find_account("app", files_);
  const Identity plain = *make_identity(app, "", {}, files_);
  EXPECT_EQ(plain.uid, 1000U);
  EXPECT_EQ(plain.gid, 1001U);
  EXPECT_THAT(plain.groups, ElementsAre(4, 33, 1001));
  const Identity other = *make_identity(app, "www", {"0", "adm"}, files_);
  EXPECT_EQ(other.gid, 33U);
  EXPECT_THAT(other.groups, ElementsAre(0, 4, 33));
}

}  // namespace
}  // namespace supervisor
