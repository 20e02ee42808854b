#include "supervisor/process/watch_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/fd.h"

namespace supervisor {
namespace {

using testing::ElementsAre;

std::vector<std::string> shown(const std::vector<WatchPoint>& points) {
  std::vector<std::string> texts;
  for (const WatchPoint& point : points) {
    texts.push_back(point.path + (point.name.empty() ? "" : " : " + point.name));
  }
  return texts;
}

class WatchPointsTest : public testing::Test {
 protected:
  WatchPointsTest() {
    std::string pattern = "/tmp/watch-points-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~WatchPointsTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, path(name));
  }
  /// Whether the watches of `watched` see `change`.
  bool sees(const std::string& watched, const std::function<void()>& change) const {
    const base::Fd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    const WatchedPaths before = watch_paths(inotify.get(), {watched});
    EXPECT_EQ(before.error, "");
    change();
    pollfd poll{.fd = inotify.get(), .events = POLLIN, .revents = 0};
    const bool has_event = ::poll(&poll, 1, 0) == 1;
    return has_event && fingerprint({watched}) != before.fingerprint;
  }

  std::string directory_;
};

TEST_F(WatchPointsTest, AFileIsItsDirectorysEntryAndItself) {
  const std::string file = write("app.conf", "1");
  EXPECT_THAT(shown(find_watch_points(file)), ElementsAre(directory_ + " : app.conf", file));
}

TEST_F(WatchPointsTest, WhatIsNotThereIsWaitedForInTheDirectoryThatIs) {
  EXPECT_THAT(shown(find_watch_points(path("sub/app.conf"))), ElementsAre(directory_ + " : sub"));
}

TEST_F(WatchPointsTest, EachLinkOnTheWayIsAPlace) {
  std::filesystem::create_directory(path("..1"));
  const std::string file = write("..1/app.conf", "1");
  link("..1", "..data");
  link("..data/app.conf", "app.conf");
  EXPECT_THAT(shown(find_watch_points(path("app.conf"))),
              ElementsAre(directory_ + " : app.conf", directory_ + " : ..data",
                          path("..1") + " : app.conf", file));
}

TEST_F(WatchPointsTest, AnAbsoluteLinkBeginsAtTheRoot) {
  const std::string file = write("target", "1");
  link(file, "link");
  EXPECT_THAT(shown(find_watch_points(path("link"))),
              ElementsAre(directory_ + " : link", directory_ + " : target", file));
}

TEST_F(WatchPointsTest, LinksInACircleEnd) {
  link("b", "a");
  link("a", "b");
  EXPECT_LE(find_watch_points(path("a")).size(), 50U);
  EXPECT_EQ(fingerprint({path("a")}), fingerprint({path("c")})) << "as if it were not there";
}

TEST_F(WatchPointsTest, DotsAreFollowed) {
  const std::string file = write("app.conf", "1");
  EXPECT_THAT(shown(find_watch_points(directory_ + "/./x/../app.conf")),
              ElementsAre(directory_ + " : x"));
  std::filesystem::create_directory(path("x"));
  EXPECT_THAT(shown(find_watch_points(directory_ + "/./x/../app.conf")),
              ElementsAre(directory_ + " : app.conf", file));
}

TEST_F(WatchPointsTest, SeesAFileWrittenInPlace) {
  const std::string file = write("app.conf", "1");
  EXPECT_TRUE(sees(file, [&] { write("app.conf", "22"); }));
}

TEST_F(WatchPointsTest, SeesAFileReplacedByARename) {
  const std::string file = write("app.conf", "1");
  write("app.conf.new", "2");
  EXPECT_TRUE(sees(file, [&] { std::filesystem::rename(path("app.conf.new"), file); }));
}

TEST_F(WatchPointsTest, SeesAFileThatComesAndGoes) {
  EXPECT_TRUE(sees(path("app.conf"), [&] { write("app.conf", "1"); }));
  EXPECT_TRUE(sees(path("app.conf"), [&] { std::filesystem::remove(path("app.conf")); }));
}

TEST_F(WatchPointsTest, SeesASwappedDataLink) {
  for (const char* version : {"..1", "..2"}) {
    std::filesystem::create_directory(path(version));
    write(std::string(version) + "/app.conf", version);
  }
  link("..1", "..data");
  link("..data/app.conf", "app.conf");
  EXPECT_TRUE(sees(path("app.conf"), [&] {
    link("..2", "..data_tmp");
    std::filesystem::rename(path("..data_tmp"), path("..data"));
  }));
}

TEST_F(WatchPointsTest, SeesWhatIsInADirectory) {
  std::filesystem::create_directory(path("conf.d"));
  write("conf.d/a", "1");
  EXPECT_TRUE(sees(path("conf.d"), [&] { write("conf.d/b", "1"); }));
  EXPECT_TRUE(sees(path("conf.d"), [&] { write("conf.d/a", "22"); }));
}

TEST_F(WatchPointsTest, OtherFilesBesideItAreNoChange) {
  const std::string file = write("app.conf", "1");
  const std::uint64_t before = fingerprint({file});
  write("other", "1");
  EXPECT_EQ(fingerprint({file}), before);
}

TEST_F(WatchPointsTest, ADescriptorThatIsNoneIsAnErrorInWords) {
  EXPECT_THAT(watch_paths(-1, {write("a", "1")}).error,
              testing::HasSubstr("cannot watch " + directory_));
}

}  // namespace
}  // namespace supervisor
