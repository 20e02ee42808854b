#include "supervisor/process/scripts.h"

#include <gmock/gmock.h>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Words = std::vector<std::string>;

std::vector<std::string> names_of(const std::vector<Script>& scripts) {
  std::vector<std::string> names;
  for (const Script& script : scripts) {
    names.push_back(script.name);
  }
  return names;
}

TEST(ScriptsTest, ByteOrderWithoutWhatEditorsAndPackagesLeave) {
  const TemporaryDirectory directory;
  for (const char* name : {"10-b", "9-a", "Z", "a", ".hidden", "10-b~", "10-b.dpkg-dist"}) {
    directory.write(name, "#!/bin/sh\n", 0755);
  }
  std::filesystem::create_directory(directory.path() + "/20-directory");
  EXPECT_THAT(names_of(*list_scripts(directory.path())), ElementsAre("10-b", "9-a", "Z", "a"));
}

TEST(ScriptsTest, OneWithoutTheExecuteBitRunsByItsFirstLine) {
  const TemporaryDirectory directory;
  const std::string x = directory.write("a", "#!/bin/sh\n", 0755);
  const std::string sh = directory.write("b", "#! /usr/bin/env  python3 -u \nprint()\n", 0644);
  const std::string plain = directory.write("c", "echo hello\n", 0644);
  const std::string empty = directory.write("d", "", 0644);
  const std::vector<Script> scripts = *list_scripts(directory.path());
  ASSERT_EQ(scripts.size(), 4U);
  EXPECT_EQ(scripts[0].argv, Words{x});
  EXPECT_EQ(scripts[1].argv, (Words{"/usr/bin/env", "python3 -u", sh}));
  EXPECT_EQ(scripts[2].argv, (Words{"/bin/sh", plain}));
  EXPECT_EQ(scripts[3].argv, (Words{"/bin/sh", empty}));
}

TEST(ScriptsTest, AnAbsentDirectoryHasNone) {
  EXPECT_THAT(*list_scripts("/nowhere/at/all"), IsEmpty());
  EXPECT_FALSE(list_scripts("/etc/passwd"));
}

TEST(ScriptsTest, TheListSurvivesTheWayThroughThePipe) {
  const auto decoded = decode_scripts(encode_scripts(std::vector<Script>{{"a", {"/a"}}}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ((*decoded)[0].argv, Words{"/a"});
  const auto failed = decode_scripts(encode_scripts(list_scripts("/etc/passwd")));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "cannot read /etc/passwd: Not a directory");
}

}  // namespace
}  // namespace supervisor
