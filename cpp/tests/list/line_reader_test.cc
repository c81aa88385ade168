#include "list/line_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Lines = std::vector<std::string>;

class LineReaderTest : public testing::Test {
 protected:
  static Lines read(const std::string& path) {
    LineReader reader(path);
    Lines lines;
    for (std::string_view line; reader.next(&line);) {
      lines.emplace_back(line);
      EXPECT_EQ(reader.number(), lines.size());
    }
    return lines;
  }

  Lines lines_of(std::string_view content) {
    write_file(directory_ / "list", content);
    return read(directory_ / "list");
  }

  // The same bytes through a FIFO, where one read gives what one write put.
  Lines lines_through_fifo(std::string_view content) {
    const std::string fifo = directory_ / "fifo";
    EXPECT_EQ(::mkfifo(fifo.c_str(), 0666), 0);
    std::thread writer([&] { write_file(fifo, content); });
    const Lines lines = read(fifo);
    writer.join();
    return lines;
  }

  TemporaryDirectory directory_;
};

TEST_F(LineReaderTest, GivesLinesWithoutTheirEnds) {
  EXPECT_EQ(lines_of("a\nb\n"), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of("a\r\nb\r\n"), (Lines{"a", "b"}));
}

TEST_F(LineReaderTest, TakesALastLineWithoutAnEnd) {
  EXPECT_EQ(lines_of("a\nb"), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of("a\r\nb\r"), (Lines{"a", "b"}));
}

TEST_F(LineReaderTest, KeepsBlankLines) {
  EXPECT_EQ(lines_of("\n\r\n\na"), (Lines{"", "", "", "a"}));
}

TEST_F(LineReaderTest, EndsAtOnceOnAnEmptyFile) { EXPECT_EQ(lines_of(""), Lines{}); }

TEST_F(LineReaderTest, TakesAByteOrderMarkOffTheFirstLineOnly) {
  EXPECT_EQ(lines_of("\xEF\xBB\xBF"
                     "a\n\xEF\xBB\xBF"
                     "b\n"),
            (Lines{"a",
                   "\xEF\xBB\xBF"
                   "b"}));
}

TEST_F(LineReaderTest, KeepsACarriageReturnInsideALine) {
  EXPECT_EQ(lines_of("a\rb\r\r\n"), (Lines{"a\rb\r"}));
}

TEST_F(LineReaderTest, KeepsZeroBytes) {
  EXPECT_EQ(lines_of(std::string("a\0b\n", 4)), (Lines{std::string("a\0b", 3)}));
}

TEST_F(LineReaderTest, CrossesItsBuffer) {
  Lines lines;
  std::string content;
  for (size_t i = 0; content.size() < 5 * LineReader::kMaxLine; ++i) {
    lines.push_back(std::string(1000 + i % 4001, static_cast<char>('a' + i % 26)));
    content += lines.back() + "\n";
  }
  EXPECT_EQ(lines_of(content), lines);
  EXPECT_EQ(lines_through_fifo(content), lines);
}

TEST_F(LineReaderTest, TakesTheLongestLine) {
  const std::string longest(LineReader::kMaxLine, 'x');
  EXPECT_EQ(lines_of(longest), Lines{longest});
  EXPECT_EQ(lines_of(longest + "\nb\n"), (Lines{longest, "b"}));
}

TEST_F(LineReaderTest, RefusesALongerLineWithOrWithoutItsEnd) {
  const std::string too_long(LineReader::kMaxLine + 1, 'x');
  for (const char* end : {"", "\n", "\nb\n"}) {
    const Error error = error_of([&] { lines_of("a\n" + too_long + end); });
    EXPECT_EQ(error.kind(), ErrorKind::kList);
    EXPECT_EQ(error.line(), 2);
    EXPECT_TRUE(mentions(error.what(), "line 2: longer than 1 MiB"));
  }
}

TEST_F(LineReaderTest, NamesAFileThatIsNotThere) {
  const Error error = error_of([&] { read(directory_ / "missing"); });
  EXPECT_EQ(error.kind(), ErrorKind::kList);
  EXPECT_EQ(error.path(), directory_ / "missing");
  EXPECT_TRUE(mentions(error.what(), "No such file or directory"));
}

TEST_F(LineReaderTest, RefusesAFolder) {
  const Error error = error_of([&] { read(directory_.path()); });
  EXPECT_EQ(error.kind(), ErrorKind::kList);
  EXPECT_TRUE(mentions(error.what(), "is a directory"));
}

TEST_F(LineReaderTest, ReadsStandardInput) {
  write_file(directory_ / "list", "a\nb\n");
  const int kept = ::dup(STDIN_FILENO);
  ASSERT_NE(std::freopen((directory_ / "list").c_str(), "r", stdin), nullptr);
  EXPECT_EQ(read("-"), (Lines{"a", "b"}));
  ::dup2(kept, STDIN_FILENO);
  ::close(kept);
}

}  // namespace
}  // namespace caffe_multilabel
