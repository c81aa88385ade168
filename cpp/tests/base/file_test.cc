#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class FileTest : public testing::Test {
 protected:
  std::string problem_of(const std::string& path) {
    size_t size = 0;
    std::string problem;
    EXPECT_FALSE(open_regular(path, &size, &problem).valid());
    return problem;
  }

  TemporaryDirectory directory_;
};

TEST(JoinPath, AddsOneSlashWhereNoneIs) {
  EXPECT_EQ(join_path("root", "a.jpg"), "root/a.jpg");
  EXPECT_EQ(join_path("root/", "a.jpg"), "root/a.jpg");
  EXPECT_EQ(join_path("", "a.jpg"), "a.jpg");
  EXPECT_EQ(join_path("", "/a.jpg"), "/a.jpg");
  EXPECT_EQ(join_path("/", "/a.jpg"), "//a.jpg");
  EXPECT_EQ(join_path("root", "/a.jpg"), "root//a.jpg");
  EXPECT_EQ(join_path("root", "../a.jpg"), "root/../a.jpg");
}

TEST_F(FileTest, ReadsARegularFileWhole) {
  write_file(directory_ / "a", "bytes");
  size_t size = 0;
  std::string problem;
  const FileDescriptor file = open_regular(directory_ / "a", &size, &problem);
  ASSERT_TRUE(file.valid()) << problem;
  ASSERT_EQ(size, 5U);
  std::string bytes(size, '\0');
  EXPECT_TRUE(read_exactly(file.get(), bytes.data(), size, &problem));
  EXPECT_EQ(bytes, "bytes");
}

TEST_F(FileTest, SaysThatAFileBecameShorter) {
  write_file(directory_ / "a", "bytes");
  size_t size = 0;
  std::string problem;
  const FileDescriptor file = open_regular(directory_ / "a", &size, &problem);
  std::string bytes(6, '\0');
  EXPECT_FALSE(read_exactly(file.get(), bytes.data(), 6, &problem));
  EXPECT_TRUE(mentions(problem, "shorter"));
}

TEST_F(FileTest, RefusesWhatIsNoRegularFile) {
  EXPECT_EQ(problem_of(directory_ / "missing"), "No such file or directory");
  EXPECT_EQ(problem_of(directory_.path()), "is a directory");
  EXPECT_EQ(problem_of("/dev/zero"), "is not a regular file");
}

TEST_F(FileTest, DoesNotWaitForAFifo) {
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0666), 0);
  EXPECT_EQ(problem_of(directory_ / "fifo"), "is not a regular file");
}

TEST_F(FileTest, WritesDurablyOverWhatWasThere) {
  write_durably(directory_ / "a", "a longer text");
  write_durably(directory_ / "a", "short");
  EXPECT_EQ(read_file(directory_ / "a"), "short");
}

TEST_F(FileTest, NamesTheFileThatCannotBeWritten) {
  const Error error = error_of([&] { write_durably(directory_ / "missing/a", "x"); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_EQ(error.path(), directory_ / "missing/a");
  EXPECT_TRUE(mentions(error.what(), "No such file or directory"));
}

TEST_F(FileTest, TellsAFullDisk) {
  const Error error = error_of([] { write_durably("/dev/full", "x"); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_TRUE(mentions(error.what(), "No space left"));
}

TEST_F(FileTest, ReadsASmallFileIfItIsThere) {
  std::string content = "old";
  EXPECT_FALSE(read_small_file(directory_ / "a", &content));
  write_file(directory_ / "a", "new");
  EXPECT_TRUE(read_small_file(directory_ / "a", &content));
  EXPECT_EQ(content, "new");
}

TEST_F(FileTest, FindsNoSmallFileBelowAFile) {
  write_file(directory_ / "a", "x");
  std::string content;
  EXPECT_FALSE(read_small_file(directory_ / "a/manifest.json", &content));
}

TEST_F(FileTest, ThrowsWhenASmallFileIsNoFile) {
  std::string content;
  const Error error = error_of([&] { read_small_file(directory_.path(), &content); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
}

TEST_F(FileTest, MovesADescriptor) {
  write_file(directory_ / "a", "x");
  size_t size = 0;
  std::string problem;
  FileDescriptor first = open_regular(directory_ / "a", &size, &problem);
  const int number = first.get();
  FileDescriptor second(std::move(first));
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.get(), number);
  first = std::move(second);
  EXPECT_EQ(first.get(), number);
}

TEST_F(FileTest, ReplacesAFileWholeOrNotAtAll) {
  replace_durably(directory_ / "a", "old");
  replace_durably(directory_ / "a", "new");
  EXPECT_EQ(read_file(directory_ / "a"), "new");
  // A folder with something in it cannot be replaced by a file.
  write_file(directory_.folder("b") + "/inner", "mine");
  const Error error = error_of([&] { replace_durably(directory_ / "b", "new"); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_EQ(names_in(directory_.path()), (std::vector<std::string>{"a", "b"}));
}

TEST_F(FileTest, KnowsALinkThatLeadsNowhere) {
  EXPECT_FALSE(path_exists(directory_ / "a"));
  ASSERT_EQ(::symlink("nowhere", (directory_ / "a").c_str()), 0);
  EXPECT_TRUE(path_exists(directory_ / "a"));
}

TEST(PlainPath, HoldsNothingThatTheEyeDoesNotSee) {
  EXPECT_EQ(plain_path("./a//b/"), "a/b");
  EXPECT_EQ(plain_path("a/../b"), "b");
  EXPECT_EQ(plain_path("/"), "/");
  EXPECT_EQ(plain_path(""), "");
  EXPECT_EQ(plain_path("."), ".");
  EXPECT_EQ(plain_path("a/.."), ".");
  EXPECT_EQ(plain_path("../../a/./b"), "../../a/b");
  EXPECT_EQ(plain_path("//../a"), "/a");
}

TEST(ParentOf, IsTheWorkingFolderForABareName) {
  EXPECT_EQ(parent_of("a"), ".");
  EXPECT_EQ(parent_of("a/b"), "a");
  EXPECT_EQ(parent_of("/a"), "/");
}

TEST_F(FileTest, NamesBothPathsOfAFailedRename) {
  const Error error = error_of([&] { rename_path(directory_ / "a", directory_ / "b"); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_EQ(error.path(), directory_ / "b");
  EXPECT_TRUE(mentions(error.what(), "cannot be renamed from " + (directory_ / "a")));
}

TEST_F(FileTest, KnowsTheFreeSpace) {
  EXPECT_GT(free_space(directory_.path()), 0U);
  EXPECT_EQ(error_of([&] { free_space(directory_ / "missing"); }).kind(), ErrorKind::kOutput);
}

}  // namespace
}  // namespace caffe_multilabel
