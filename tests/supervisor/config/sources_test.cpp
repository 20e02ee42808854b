#include "supervisor/config/sources.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Lines = std::vector<std::string>;

class SourcesTest : public testing::Test {
 protected:
  SourcesTest() { request_.etc_directory = directory_.path() + "/etc"; }

  /// Names of what is read, without the temporary directory.
  Lines read() {
    Lines names;
    for (const SourceText& source : read_sources(request_, problems_)) {
      names.push_back(source.name.starts_with(directory_.path())
                          ? source.name.substr(directory_.path().size() + 1)
                          : source.name);
    }
    return names;
  }

  TemporaryDirectory directory_;
  LoadRequest request_;
  Problems problems_;
};

TEST_F(SourcesTest, ReadsEverythingInOrder) {
  for (const char* name : {"etc/birl.toml", "etc/conf.d/b.toml", "etc/conf.d/a.toml",
                           "etc/conf.d/B.toml", "etc/conf.d/.hidden.toml", "etc/conf.d/x.txt",
                           "etc/local.d/a.toml", "more/z.toml", "one.conf"}) {
    directory_.write(name, "");
  }
  request_.environment = {
      {"BIRL_SET_B", ""},
      {"BIRL_SET", ""},
      {"BIRL_SET_A", ""},
      {"BIRL_SETTER", ""},
      {"BIRL_CONFIG", directory_.path() + "/one.conf:" + directory_.path() + "/more"}};
  EXPECT_EQ(read(), (Lines{"etc/birl.toml", "etc/conf.d/B.toml", "etc/conf.d/a.toml",
                           "etc/conf.d/b.toml", "etc/local.d/a.toml", "one.conf", "more/z.toml",
                           "BIRL_SET", "BIRL_SET_A", "BIRL_SET_B"}));
  EXPECT_EQ(problem_lines(problems_), Lines{});
}

TEST_F(SourcesTest, PathsOfTheCommandLineReplaceEtc) {
  directory_.write("etc/birl.toml", "");
  request_.config_paths = {directory_.write("b.toml", ""), directory_.write("a.toml", "")};
  request_.environment = {{"BIRL_SET", ""}};
  EXPECT_EQ(read(), (Lines{"b.toml", "a.toml", "BIRL_SET"}));
}

TEST_F(SourcesTest, NothingAtAllIsFine) {
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(problem_lines(problems_), Lines{});
}

TEST_F(SourcesTest, WhatIsAskedForMustBeThere) {
  request_.config_paths = {"/nonexistent/a.toml"};
  request_.environment = {{"BIRL_CONFIG", "/nonexistent/b.toml"}};
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(problem_lines(problems_),
            (Lines{"/nonexistent/a.toml: cannot open: No such file or directory",
                   "/nonexistent/b.toml: cannot open: No such file or directory"}));
}

TEST_F(SourcesTest, AHugeFileAndADeviceAreErrors) {
  request_.config_paths = {directory_.write("huge.toml", std::string(10'000'000, '#')),
                           "/dev/zero"};
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(problem_lines(problems_),
            (Lines{directory_.path() + "/huge.toml: cannot read more than 4MiB of it",
                   "/dev/zero: cannot read: it is not a file"}));
}

TEST_F(SourcesTest, APipeThatNobodyWritesDoesNotHang) {
  const std::string pipe = directory_.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_text_file(pipe, 10).value_or("error"), "");
}

TEST_F(SourcesTest, UnknownVariablesOfOursAreAWarning) {
  check_variables({{"BIRL_CONFG", "x"},
                   {"BIRL_ZZZ", ""},
                   {"BIRL_SET_X", ""},
                   {"BIRL_DEBUG_CRASH", ""},
                   {"BIRL_SOCKET", ""},
                   {"BIRLING", ""},
                   {"PATH", ""}},
                  problems_);
  EXPECT_EQ(problem_lines(problems_),
            (Lines{"cannot use the variable BIRL_CONFG: it means nothing to birl (did you mean "
                   "BIRL_CONFIG?)",
                   "cannot use the variable BIRL_ZZZ: it means nothing to birl"}));
  EXPECT_FALSE(problems_.has_errors());
}

}  // namespace
}  // namespace supervisor
