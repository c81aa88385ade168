#include "list/file.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "list/diagnosis.h"
#include "record/key.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Labels = std::vector<float>;

Labels labels_of(const RecordList& records, size_t record) {
  return {records.labels(record), records.labels(record) + records.label_count()};
}

class ListFileTest : public testing::Test {
 protected:
  ParsedList read(std::string_view content) {
    write_file(path_, content);
    return read_list(path_, options_);
  }

  Error refused(std::string_view content) {
    Error error = error_of([&] { read(content); });
    EXPECT_EQ(error.kind(), ErrorKind::kList);
    EXPECT_EQ(error.path(), path_);
    return error;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "list.txt";
  ListOptions options_;
};

TEST_F(ListFileTest, ReadsPathsAndLabels) {
  const ParsedList list = read("a.jpg 1 -2.5\nsub dir/b.jpg 3 4e2\n");
  ASSERT_EQ(list.records.size(), 2U);
  EXPECT_EQ(list.records.path(0), "a.jpg");
  EXPECT_EQ(labels_of(list.records, 0), (Labels{1, -2.5F}));
  EXPECT_EQ(list.records.path(1), "sub dir/b.jpg");
  EXPECT_EQ(labels_of(list.records, 1), (Labels{3, 400}));
  EXPECT_EQ(list.format, ListFormat::kSpace);
  EXPECT_TRUE(list.header.empty());
}

TEST_F(ListFileTest, FirstLineDecidesTheLabelCount) {
  EXPECT_EQ(read("a.jpg 1 2 3\nb.jpg 4 5 6").records.label_count(), 3U);
  EXPECT_EQ(read("a 7.jpg 1\nb.jpg 4").records.label_count(), 1U);
  EXPECT_EQ(read("7 1 2\n").records.path(0), "7");
}

TEST_F(ListFileTest, GivenLabelCountLeavesTheRestToThePath) {
  options_.label_count = 2;
  const ParsedList list = read("frame 7 b.jpg 1 2\n");
  EXPECT_EQ(list.records.path(0), "frame 7 b.jpg");
}

TEST_F(ListFileTest, DoesNotTakeALabelForPartOfThePath) {
  options_.label_count = 2;
  const Error error = refused("a.jpg 1 2\nb.jpg 1 2 3\n");
  EXPECT_EQ(error.line(), 2);
  EXPECT_TRUE(mentions(error.what(), "more labels than wanted, or the path ends in a number"));
}

TEST_F(ListFileTest, TakesAPathThatEndsInANumberWithTabsOrAsCsv) {
  EXPECT_EQ(read("b 3\t1\t2\n").records.path(0), "b 3");
  EXPECT_EQ(read("b 3,1,2\n").records.path(0), "b 3");
}

TEST_F(ListFileTest, PassesOverBlankLinesAndCountsThem) {
  const ParsedList list = read("\n  \na.jpg 1\n\t\nb.jpg 2\n\n");
  ASSERT_EQ(list.records.size(), 2U);
  EXPECT_EQ(list.records.line(0), 3U);
  EXPECT_EQ(list.records.line(1), 5U);
}

TEST_F(ListFileTest, TakesWindowsFiles) {
  const ParsedList list = read(
      "\xEF\xBB\xBF"
      "a.jpg 1\r\nb.jpg 2\r\n");
  ASSERT_EQ(list.records.size(), 2U);
  EXPECT_EQ(list.records.path(0), "a.jpg");
  EXPECT_EQ(labels_of(list.records, 1), Labels{2});
}

TEST_F(ListFileTest, ReadsTheSameRecordsFromEveryFormat) {
  const Digest digest = read("a.jpg 1 2\nb.jpg 3 4\n").records.digest();
  EXPECT_EQ(read("a.jpg\t1\t2\nb.jpg\t3\t4").records.digest(), digest);
  EXPECT_EQ(read("a.jpg,1,2\nb.jpg,3,4").records.digest(), digest);
  EXPECT_EQ(read("\"a.jpg\",\"1\",2\nb.jpg, 3, 4").records.digest(), digest);
  EXPECT_EQ(read("path,x,y\na.jpg,1,2\nb.jpg,3,4").records.digest(), digest);
}

TEST_F(ListFileTest, FollowsAGivenFormat) {
  options_.format = ListFormat::kTab;
  const ParsedList list = read("a,1.jpg\t1\n");
  EXPECT_EQ(list.format, ListFormat::kTab);
  EXPECT_EQ(list.records.path(0), "a,1.jpg");
}

TEST_F(ListFileTest, RefusesTooFewLabels) {
  EXPECT_TRUE(mentions(refused("a.jpg 1 2\nb.jpg 3\n").what(), "line 2: has 1 label, want 2"));
  EXPECT_TRUE(mentions(refused("a.jpg,1,2\nb.jpg,3\n").what(), "line 2: has 1 label, want 2"));
}

TEST_F(ListFileTest, NamesRowsOfBitsWhereMoreLabelsAreWanted) {
  options_.label_count = 5;
  for (const char* content : {"a.jpg 10101\n", "a.jpg,10101\n", "a.jpg\t1 \t0101\n"}) {
    EXPECT_TRUE(mentions(refused(content).what(), "01' is one number here: part its digits"))
        << content;
  }
  options_.label_count = 4;
  EXPECT_FALSE(mentions(refused("a.jpg 10101\n").what(), "one number"));
}

TEST_F(ListFileTest, RefusesADecimalCommaBehindThePath) {
  const Error error = refused("a.jpg 1,5 2\nb.jpg 0,5 1\n");
  EXPECT_TRUE(
      mentions(error.what(), "line 1: the path would be 'a.jpg 1,5'; it has a decimal comma"));
  EXPECT_EQ(read("b 1,5\t2\n").records.path(0), "b 1,5");
}

TEST_F(ListFileTest, RefusesTooManyLabels) {
  EXPECT_TRUE(mentions(refused("a.jpg\t1\nb.jpg\t3\t4\n").what(), "line 2: has 2 labels, want 1"));
}

TEST_F(ListFileTest, RefusesALabelThatIsNoFiniteNumber) {
  EXPECT_TRUE(mentions(refused("a.jpg 1 2\nb.jpg 3 x\n").what(), "label 2: 'x' is not a number"));
  EXPECT_TRUE(mentions(refused("a.jpg 1\nb.jpg inf\n").what(), "label 1: 'inf' is not finite"));
  EXPECT_TRUE(mentions(refused("a.jpg,1\nb.jpg,\n").what(), "label 1: '' is not a number"));
}

TEST_F(ListFileTest, RefusesAnEmptyPath) {
  EXPECT_TRUE(mentions(refused("a.jpg,1\n,2\n").what(), "line 2: the path is empty"));
  EXPECT_TRUE(mentions(refused("a.jpg 1 2\n1 2\n").what(), "line 2: has 1 label, want 2"));
}

TEST_F(ListFileTest, RefusesAZeroByte) {
  const Error in_path = refused(std::string("a.jpg 1\nb\0.jpg 2\n", 17));
  EXPECT_TRUE(mentions(in_path.what(), "line 2: the path holds a zero byte"));
  const Error in_label = refused(std::string("a.jpg 1\nb.jpg 2\0\n", 17));
  EXPECT_TRUE(mentions(in_label.what(), "'2\\x00' is not a number"));
}

TEST_F(ListFileTest, RefusesPathsThatShowOtherSeparators) {
  constexpr const char* kSaid = "part the fields by commas, by tabs or by blanks alone";
  for (const char* line : {"a.jpg | 1 | 2\n", "a.jpg| 1| 2\n", "a.jpg; 1; 2\n", "a.jpg, 1 2\n"}) {
    EXPECT_TRUE(mentions(refused(line).what(), kSaid)) << line;
    EXPECT_TRUE(mentions(refused("b.jpg 1\n" + std::string(line)).what(), "line 2: ")) << line;
  }
  EXPECT_EQ(read("a | b.jpg 1\n").records.path(0), "a | b.jpg");
  EXPECT_EQ(read("a;\t1\n").records.path(0), "a;");
  EXPECT_EQ(read("a|,1\n").records.path(0), "a|");
}

TEST_F(ListFileTest, NamesAListOfAnotherKindWithALabelCountToo) {
  for (const size_t count : {0, 1, 2, 3}) {
    options_.label_count = count;
    EXPECT_TRUE(mentions(refused("a.jpg;1;2\n").what(), "parted by ';'")) << count;
    EXPECT_TRUE(mentions(refused("[\"a.jpg\", 1, 2]\n").what(), "looks like JSON")) << count;
    EXPECT_TRUE(mentions(refused("# May\na.jpg 1 2\n").what(), "like a comment")) << count;
    const std::string utf16(
        "\xff\xfe"
        "a\0,\0b\0\n\0c\0,\0"
        "1\0\n\0",
        18);
    EXPECT_TRUE(mentions(refused(utf16).what(), "line 1: ")) << count;
    EXPECT_TRUE(mentions(refused(utf16).what(), "the list is UTF-16")) << count;
  }
}

TEST_F(ListFileTest, NamesTheKindOfManyBadLinesOnce) {
  const std::string message = refused("b.jpg 1\n# x\n# y\n{}\n{}\n").what();
  EXPECT_TRUE(mentions(message, "4 bad lines"));
  EXPECT_TRUE(mentions(message, "\n  line 3: label 1: 'y' is not a number\n"));
  EXPECT_EQ(message.find("like a comment"), message.rfind("like a comment"));
  EXPECT_EQ(message.find("like JSON"), message.rfind("like JSON"));
  EXPECT_TRUE(mentions(message, "like JSON"));
}

TEST_F(ListFileTest, SaysOnceWhatTakesNamesOfClasses) {
  const auto times_told = [](const std::string& text) {
    size_t count = 0;
    for (size_t at = 0; (at = text.find(kNamesHint, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  options_.label_count = 2;
  const std::string names = "a.jpg 1 heart\nb.jpg lung 2\nc.jpg 1 \xe5\xbf\x83\n";
  const std::string text = refused(names).what();
  EXPECT_TRUE(mentions(text, "line 1: label 2: 'heart' is not a number; names of classes need"));
  EXPECT_TRUE(mentions(text, "line 2: label 1: 'lung' is not a number\n"));
  EXPECT_EQ(times_told(text), 1U);
  // Not where the first line may be a header, which has its own way out.
  const std::string headed = refused("image organ size\na.jpg heart 2\nb.jpg lung 2\n").what();
  EXPECT_TRUE(mentions(headed, "line 1: label 1: 'organ' is not a number; if this line is a head"));
  EXPECT_TRUE(mentions(headed, "line 2: label 1: 'heart' is not a number; names of classes need"));
  EXPECT_EQ(times_told(headed), 1U);
  for (const char* other : {"a.jpg 1 ?\n", "a.jpg 1 12px\n", "a.jpg 1 True\n", "a.jpg 1 1,5\n",
                            "a.jpg 1 inf\n", "a.jpg 1e39 2\n"}) {
    EXPECT_EQ(times_told(refused(other).what()), 0U) << other;
  }
}

TEST_F(ListFileTest, LeavesNamesToTheTaskFileThatIsGiven) {
  LabelRule rule;
  rule.task = "organ";
  rule.kind = LabelRule::Kind::kClass;
  rule.classes = 3;
  options_.rules = {rule};
  options_.label_count = 1;
  EXPECT_FALSE(mentions(refused("a.jpg heart\n").what(), kNamesHint));
}

TEST_F(ListFileTest, TakesPathsThatLookLikeOtherKinds) {
  EXPECT_EQ(read("[group] a.jpg 1 2\n").records.label_count(), 2U);
  EXPECT_EQ(read("#1.jpg 1\n").records.path(0), "#1.jpg");
  EXPECT_EQ(read("//server/a;b.jpg,1\n").records.path(0), "//server/a;b.jpg");
}

TEST_F(ListFileTest, RefusesLinesThatEndInCarriageReturnsAlone) {
  EXPECT_TRUE(mentions(refused("a.jpg 1\rb.jpg 2\r").what(), "lines must end in line feeds"));
  EXPECT_TRUE(mentions(refused("a.jpg,1\rb.jpg,2\r").what(), "must end in line feeds"));
}

TEST_F(ListFileTest, ShowsTheBeginningOfAValueThatFillsPages) {
  const std::string value(100'000, 'x');
  for (const std::string& line : {"b.jpg " + value, value + " 1 2", "b.jpg;" + value}) {
    EXPECT_LT(std::string(refused("a.jpg 1\n" + line + "\n").what()).size(), 600U);
    EXPECT_LT(std::string(refused(line + "\n").what()).size(), 600U);
  }
  EXPECT_TRUE(mentions(refused("a.jpg 1\nb.jpg " + value).what(), "x...' (100000 bytes) is not a"));
}

TEST_F(ListFileTest, TakesTheLongestKeyAndNoLonger) {
  const size_t longest = kMaxKeySize - label_key(0, "").size();
  EXPECT_EQ(read(std::string(longest, 'x') + " 1\n").records.size(), 1U);
  const Error error = refused("a.jpg 1\n" + std::string(longest + 1, 'x') + " 1\n");
  EXPECT_EQ(error.line(), 2);
  EXPECT_TRUE(mentions(error.what(), "the path has 498 bytes, LMDB keys allow 497"));
}

TEST_F(ListFileTest, RefusesBadQuotes) {
  EXPECT_TRUE(mentions(refused("a.jpg,1\n\"b.jpg,2\n").what(), "line 2: a quote is not closed"));
}

TEST_F(ListFileTest, RefusesAFirstLineWithoutLabels) {
  const Error error = refused("\na.jpg\nb.jpg 1\n");
  EXPECT_EQ(error.line(), 2);
  EXPECT_TRUE(mentions(error.what(), "has 0 labels, want 1 or more"));
}

TEST_F(ListFileTest, RefusesAListWithoutRecords) {
  for (const char* content : {"", "\n\n", "path,color\n"}) {
    EXPECT_TRUE(mentions(refused(content).what(), "holds no records")) << content;
  }
}

TEST_F(ListFileTest, RefusesALongLine) {
  const Error error = refused("a.jpg 1\n" + std::string(2 << 20, 'x'));
  EXPECT_EQ(error.line(), 2);
}

TEST_F(ListFileTest, NamesTheFirstTwentyBadLinesAndCountsTheRest) {
  std::string content = "a.jpg 1\n";
  for (int i = 0; i < 23; ++i) content += "b.jpg x\nc.jpg 1\n";
  const Error error = refused(content);
  EXPECT_EQ(error.line(), 2);
  EXPECT_TRUE(mentions(error.what(), path_ + ": 23 bad lines\n"));
  EXPECT_TRUE(mentions(error.what(), "\n  line 40: "));
  EXPECT_FALSE(mentions(error.what(), "line 42"));
  EXPECT_TRUE(mentions(error.what(), "\n  and 3 more"));
}

TEST_F(ListFileTest, SaysOneBadLineInTheSingular) {
  EXPECT_TRUE(mentions(refused("a.jpg 1\nb.jpg x\n").what(), ": 1 bad line\n  line 2: "));
}

TEST_F(ListFileTest, ReadsThePathsOfSeveralImages) {
  options_.images_per_record = 2;
  const Digest digest = read("a 1.jpg,b.jpg,1,2\na 1.jpg,c.jpg,3,4\n").records.digest();
  for (const char* content : {"a 1.jpg\tb.jpg\t1\t2\na 1.jpg\tc.jpg\t3\t4\n",
                              "\"a 1.jpg\", \"b.jpg\",1,2\na 1.jpg,c.jpg,3,4",
                              "path_1,path_2,x,y\na 1.jpg,b.jpg,1,2\na 1.jpg,c.jpg,3,4",
                              "left,right,x,y\na 1.jpg,b.jpg,1,2\na 1.jpg,c.jpg,3,4"}) {
    const ParsedList list = read(content);
    EXPECT_EQ(list.records.digest(), digest) << content;
    EXPECT_EQ(list.records.path(1), "a 1.jpg");
    EXPECT_EQ(list.records.path(1, 1), "c.jpg");
    EXPECT_EQ(labels_of(list.records, 1), (Labels{3, 4}));
  }
  EXPECT_EQ(read("path_1,path_2,x,y\na,b,1,2").header, (std::vector<std::string>{"x", "y"}));
}

TEST_F(ListFileTest, RefusesWhatCannotHoldThePathsOfSeveralImages) {
  options_.images_per_record = 2;
  const std::vector<std::pair<const char*, const char*>> lists = {
      {"a.jpg b.jpg 1\n", "line 1: the list is cut at blanks, which may stand in paths"},
      {"a.jpg,1\nb.jpg,2\n", "line 1: has 0 labels, want 1 or more"},
      {"a.jpg,b.jpg,1,2\na.jpg,3,4\n", "line 2: has 1 label, want 2; path 2 would be '3': does"},
      {"a.jpg,b.jpg,1\na.jpg,,1\n", "line 2: path 2 is empty"},
      {"a.jpg,b.jpg,1\n,b.jpg,1\n", "line 2: path 1 is empty"},
      {"a.jpg,b.jpg,1\na.jpg,?,1\n", "line 2: path 2 is '?', which names no image"},
      {"a.jpg,b.jpg,1\n?,b.jpg,1\n", "line 2: path 1 is '?', which names no image"},
      {"a.jpg,b.jpg,1\nc.jpg\n", "line 2: has 1 field, want 2 paths, then labels"},
      {"a.jpg,b.jpg,c.jpg\n", "label 1: 'c.jpg' is not a number"},
      {"path_2,path_1,x\na,b,1\n", "column 2 is headed 'path_1', but the paths are the first 2"},
      {"path_1,x,path_2\na,b,1\n", "column 3 is headed 'path_2', but the paths are the first 2"},
  };
  for (const auto& [content, said] : lists) {
    const std::string what = refused(content).what();
    EXPECT_TRUE(mentions(what, said)) << what;
  }
  options_.images_per_record = 5;
  EXPECT_TRUE(mentions(refused("a,b,c,1\n").what(), "line 1: has 4 fields, want 5 paths"));
}

TEST(MakeList, TakesThePathsOfSeveralImages) {
  const Labels labels = {1, 2};
  const RecordList records = make_list({"a", "b", "c", "d"}, labels.data(), 1, {}, 2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records.path(1, 1), "d");
  EXPECT_EQ(labels_of(records, 1), (Labels{2}));
}

TEST(MakeList, ChecksRecordsOfAProgram) {
  const Labels labels = {1, 2, 3, 4};
  const RecordList records = make_list({"a.jpg", "b.jpg"}, labels.data(), 2, {});
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(labels_of(records, 1), (Labels{3, 4}));
  EXPECT_EQ(records.line(1), 2U);
}

TEST(MakeList, NamesThePositionOfABadRecord) {
  LabelRule rule;
  rule.kind = LabelRule::Kind::kBinary;
  rule.task = "flag";
  const Labels labels = {1, 2};
  const Error error = error_of([&] { make_list({"a", "b"}, labels.data(), 1, {rule}); });
  EXPECT_EQ(error.kind(), ErrorKind::kList);
  EXPECT_EQ(error.line(), 2);
  EXPECT_TRUE(mentions(error.what(), "record 2: label 1: task 'flag': 2 is not allowed"));
}

TEST(MakeList, RefusesNothing) {
  EXPECT_EQ(error_of([] { make_list({}, nullptr, 1, {}); }).kind(), ErrorKind::kList);
  const Error error = error_of([] { make_list({"a"}, nullptr, 0, {}); });
  EXPECT_TRUE(mentions(error.what(), "a record has 0 labels, want 1"));
}

}  // namespace
}  // namespace caffe_multilabel
