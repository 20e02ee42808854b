#include "shippers/file/file_sink.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

using test_support::list_names;
using test_support::read_file;

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override { config_.path = world_.directory / "{service}/current"; }

  TestRouter start() {
    files_ = std::make_unique<TestFiles>(world_);
    return {world_, make_file_sink(*files_, report_, config_)};
  }
  std::string path(const std::string& name) { return world_.directory / name; }

  SinkWorld world_;
  logging::SinkReport report_{world_.state()};
  logging::FileSinkConfig config_;
  std::unique_ptr<TestFiles> files_;
};

TEST_F(FileSinkTest, WritesExactlyTheBytesOfTheService) {
  TestService& web = world_.add_service("web");
  const std::string text("plain\n\n\0nul\xff\xfe not text\r\n", 24);
  ASSERT_TRUE(web.feed(kOutPipe, text));
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(read_file(path("web/current")), text);
}

TEST_F(FileSinkTest, MakesDirectoriesAndUsesTheMode) {
  config_.path = world_.directory / "a/b/{service}/current";
  config_.mode.bits = 0600;
  ASSERT_TRUE(world_.add_service("web").feed(kOutPipe, "x\n"));
  ASSERT_TRUE(start().drain());
  struct stat status {};
  ASSERT_EQ(::stat(path("a/b/web/current").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(path("a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0755U);
}

TEST_F(FileSinkTest, OpensNothingBeforeTheFirstLine) {
  world_.add_service("web");
  ASSERT_TRUE(start().drain());
  EXPECT_THAT(list_names(world_.directory.path()), testing::IsEmpty());
}

TEST_F(FileSinkTest, RejoinsThePiecesOfALongLine) {
  TestService& web = world_.add_service("web");
  TestRouter router = start();
  const std::string part(10'000, 'x');
  for (int count = 0; count < 20; ++count) {
    ASSERT_TRUE(web.feed(kOutPipe, part));
    ASSERT_TRUE(router.drain());
  }
  ASSERT_TRUE(web.feed(kOutPipe, "\nnext\n"));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(read_file(path("web/current")), std::string(200'000, 'x') + "\nnext\n");
}

TEST_F(FileSinkTest, EndsAnOpenLineBeforeBytesOfAnotherPipe) {
  TestService& web = world_.add_service("web");
  const std::string part(16 * 1024, 'x');  // the piece limit of this ring
  ASSERT_TRUE(web.feed(kOutPipe, part));
  ASSERT_TRUE(web.feed(kErrPipe, "error\n"));
  ASSERT_TRUE(web.feed(kOutPipe, "end\n"));
  ASSERT_TRUE(start().drain());
  std::string text = read_file(path("web/current"));
  const std::size_t error = text.find("\nerror\n");
  ASSERT_NE(error, text.npos);
  text.erase(error, 7);
  EXPECT_EQ(text, part + "end\n");
}

TEST_F(FileSinkTest, ClosesAnUnterminatedLine) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "one\nhalf"));
  web.close(kOutPipe);
  web.start(2);
  ASSERT_TRUE(web.feed(kOutPipe, "whole\n"));
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(read_file(path("web/current")), "one\nhalf\nwhole\n");
}

TEST_F(FileSinkTest, SplitsTheStreamsWhenThePathNamesThem) {
  config_.path = world_.directory / "{service}.{stream}";
  TestService& web = world_.add_service("web");
  std::string out;
  std::string err;
  for (int line = 0; line < 300; ++line) {
    const std::string text = "line " + std::to_string(line) + "\n";
    ASSERT_TRUE(web.feed(line % 3 == 0 ? kErrPipe : kOutPipe, text));
    (line % 3 == 0 ? err : out) += text;
  }
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(read_file(path("web.stdout")), out);
  EXPECT_EQ(read_file(path("web.stderr")), err);
}

TEST_F(FileSinkTest, FourRingsShareOneFile) {
  config_.path = world_.directory / "all";
  config_.rotate.size.bytes = 4096;
  config_.rotate.keep = 1000;
  for (const char* name : {"a", "b", "c", "d"}) {
    world_.add_service(name);
  }
  TestRouter router = start();
  std::map<std::string, std::string> expected;
  for (int line = 0; line < 500; ++line) {
    for (const auto& service : world_.services) {
      const std::string text = service->name + " " + std::to_string(line) + "\n";
      ASSERT_TRUE(service->feed(kOutPipe, text));
      expected[service->name] += text;
    }
    if (line % 7 == 0) {
      ASSERT_TRUE(router.drain());
    }
  }
  ASSERT_TRUE(router.drain());
  std::map<std::string, std::string> found;
  std::istringstream text(read_generations(path("all")));
  for (std::string line; std::getline(text, line);) {
    found[line.substr(0, 1)] += line + "\n";
  }
  EXPECT_EQ(found, expected);
}

TEST_F(FileSinkTest, RotatesAtLineEndsAndNeverExceedsTheSize) {
  config_.rotate.size.bytes = 1000;
  config_.rotate.keep = 1000;
  TestService& web = world_.add_service("web");
  std::string all;
  for (int line = 0; line < 1000; ++line) {
    all += "line " + std::to_string(line) + std::string(static_cast<std::size_t>(line % 40), '.') +
           "\n";
  }
  for (std::size_t at = 0; at < all.size(); at += 5000) {
    ASSERT_TRUE(web.feed(kOutPipe, std::string_view(all).substr(at, 5000)));
  }
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(read_generations(path("web/current")), all);
  for (const std::string& file : generations(path("web/current"))) {
    const std::string text = read_file(file);
    EXPECT_LE(text.size(), 1000U);
    EXPECT_EQ(text.back(), '\n');
  }
  EXPECT_GE(generations(path("web/current")).size(), all.size() / 1000);
}

TEST_F(FileSinkTest, ALineLongerThanTheSizeHasAFileOfItsOwn) {
  config_.rotate.size.bytes = 100;
  config_.rotate.keep = 100;
  TestService& web = world_.add_service("web");
  const std::string line(5000, 'x');
  ASSERT_TRUE(web.feed(kOutPipe, "a\n" + line + "\nb\n"));
  ASSERT_TRUE(start().drain());
  std::vector<std::string> texts;
  for (const std::string& file : generations(path("web/current"))) {
    texts.push_back(read_file(file));
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"a\n", line + "\n", "b\n"}));
}

TEST_F(FileSinkTest, KeepsAsManyArchivesAsItShould) {
  config_.rotate.size.bytes = 100;
  config_.rotate.keep = 3;
  TestService& web = world_.add_service("web");
  TestRouter router = start();
  for (int line = 0; line < 100; ++line) {
    ASSERT_TRUE(web.feed(kOutPipe, "line " + std::to_string(line) + "\n"));
    ASSERT_TRUE(router.drain());
  }
  const auto files = generations(path("web/current"));
  EXPECT_EQ(files.size(), 4U);
  EXPECT_TRUE(read_file(files.back()).ends_with("line 99\n"));
}

TEST_F(FileSinkTest, RotatesWhenAskedAndOpensTheNextFileAtOnce) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "before\n"));
  TestRouter router = start();
  ASSERT_TRUE(router.drain());
  router.sink->rotate();
  EXPECT_EQ(generations(path("web/current")).size(), 2U);
  ASSERT_TRUE(web.feed(kOutPipe, "after\n"));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(read_file(path("web/current")), "after\n");
}

TEST_F(FileSinkTest, FollowsThePathAfterReopen) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "before\n"));
  TestRouter router = start();
  ASSERT_TRUE(router.drain());
  std::filesystem::rename(path("web/current"), path("web/moved"));
  router.sink->reopen();
  ASSERT_TRUE(web.feed(kOutPipe, "after\n"));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(read_file(path("web/moved")), "before\n");
  EXPECT_EQ(read_file(path("web/current")), "after\n");
}

TEST_F(FileSinkTest, NoticesAMovedFileWithinASecond) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "one\n"));
  TestRouter router = start();
  ASSERT_TRUE(router.drain());
  std::filesystem::rename(path("web/current"), path("web/moved"));
  ASSERT_TRUE(web.feed(kOutPipe, "two\n"));
  ASSERT_TRUE(router.drain());
  router.now_ns += base::kNsPerSecond;
  ASSERT_TRUE(web.feed(kOutPipe, "three\n"));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(read_file(path("web/moved")), "one\ntwo\n");
  EXPECT_EQ(read_file(path("web/current")), "three\n");
}

TEST_F(FileSinkTest, MakesADeletedFileAndItsDirectoryAgain) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "one\n"));
  TestRouter router = start();
  ASSERT_TRUE(router.drain());
  std::filesystem::remove_all(path("web"));
  ASSERT_TRUE(web.feed(kOutPipe, "two\n"));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(read_file(path("web/current")), "two\n");
}

TEST_F(FileSinkTest, GoesOnAfterCopyTruncate) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "one\n"));
  TestRouter router = start();
  ASSERT_TRUE(router.drain());
  std::filesystem::resize_file(path("web/current"), 0);
  ASSERT_TRUE(web.feed(kOutPipe, "two\n"));
  ASSERT_TRUE(router.drain());
  EXPECT_EQ(read_file(path("web/current")), "two\n");
}

TEST_F(FileSinkTest, EndsAHalfLineThatAnEarlierContainerLeft) {
  TestService& web = world_.add_service("web");
  std::filesystem::create_directory(path("web"));
  test_support::write_file(path("web/current"), "whole\nhalf");
  ASSERT_TRUE(web.feed(kOutPipe, "new\n"));
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(read_file(path("web/current")), "whole\nhalf\nnew\n");
}

TEST_F(FileSinkTest, TwoSinksWithOnePathAreAnError) {
  world_.add_service("web");
  TestFiles files(world_, {"files", "other"});
  const TestRouter router(world_, make_file_sink(files, report_, config_));
  TestFiles more(world_, {"files", "other"});
  const auto other = make_file_sink(more, report_, config_, "other");
  const auto attached = other->attach(router.inputs.front());
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().code, base::ErrorCode::kExists);
}

}  // namespace
}  // namespace shippers
