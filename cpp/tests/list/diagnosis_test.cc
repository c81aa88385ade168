#include "list/diagnosis.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using namespace std::string_view_literals;

constexpr ListFormat kFormats[] = {ListFormat::kSpace, ListFormat::kTab, ListFormat::kCsv};

// What the line is said to be, in whatever format it is read.
void expect_kind(std::string_view line, const char* said) {
  for (const ListFormat format : kFormats) {
    EXPECT_TRUE(mentions(text_kind(line, format), said)) << line;
  }
}

void expect_no_kind(std::string_view line) {
  for (const ListFormat format : kFormats) EXPECT_EQ(text_kind(line, format), "") << line;
}

TEST(TextKind, NamesUtf16) {
  constexpr const char* kSaid = "the list is UTF-16: save it as UTF-8";
  expect_kind("\xff\xfe\x61\0 \0\x31\0"sv, kSaid);
  expect_kind("\xfe\xff\0\x61\0 \0\x31"sv, kSaid);
  expect_kind("a\0 \0\x31\0"sv, kSaid);
  expect_kind("\0a\0 \0\x31"sv, kSaid);
  expect_kind("\0"sv, kSaid);
}

TEST(TextKind, NamesZeroBytesOfOtherFiles) {
  expect_kind("\0\0\0\0a"sv, "the line holds zero bytes: a list is UTF-8 text");
  expect_kind("a.jpg 1\0"sv, "the line holds zero bytes");
}

TEST(TextKind, NamesCarriageReturns) {
  expect_kind("a.jpg 1\rb.jpg 2", "its lines end in carriage returns alone");
}

TEST(TextKind, NamesJson) {
  for (const char* line : {"{\"path\": \"a.jpg\", \"labels\": [1, 2]}", "[\"a.jpg\", 1, 2]",
                           "[\"a.jpg\", [1, 2]],", "[", "{", "[{", "{\"images\": ["}) {
    expect_kind(line, "the line looks like JSON");
  }
}

TEST(TextKind, NamesHeadsOfSections) {
  for (const char* line : {"[train]", "[ val set ]", "[a.b/c]", "[data-2]"}) {
    expect_kind(line, "the line looks like the head of a section");
  }
  for (const char* line : {"[1]", "[true]", "[null]", "[]", "[\"a\"]", "[a, b]", "[-2.5e3]"}) {
    expect_kind(line, "the line looks like JSON");
  }
}

TEST(TextKind, NamesDecimalCommasThatMadeACsv) {
  constexpr const char* kSaid = "its numbers have decimal commas, which make it a CSV";
  for (const char* line : {"a.jpg 0,5 1,25", "my photo.jpg 3 -1,5 0,25", "a.jpg 1,5 7"}) {
    EXPECT_TRUE(mentions(text_kind(line, ListFormat::kCsv), kSaid)) << line;
    EXPECT_EQ(text_kind(line, ListFormat::kSpace), "") << line;
  }
  for (const char* line : {"my photo 3,5", "a.jpg,1,5", "a.jpg, 1, 5", "a b.jpg,0,x y"}) {
    EXPECT_EQ(text_kind(line, ListFormat::kCsv), "") << line;
  }
}

TEST(TextKind, NamesComments) {
  for (const char* line :
       {"# images of May", "#", "#path label", "// images", "//path label", "#path,label"}) {
    expect_kind(line, "the line looks like a comment");
  }
}

TEST(TextKind, NamesSeparators) {
  for (const char* line : {"a.jpg;1;2", "image;g;age", "a.jpg ; 1 ; 2", "a.jpg; 1; 2,5"}) {
    expect_kind(line, "the fields are parted by ';'");
  }
  for (const char* line : {"a.jpg|1|2", "a.jpg | 1 | 2", "a.jpg |1 |2"}) {
    expect_kind(line, "the fields are parted by '|'");
  }
}

TEST(TextKind, NamesBlanksInCsvOnly) {
  EXPECT_TRUE(mentions(text_kind("a.jpg 1 x", ListFormat::kCsv), "give --list_format=space"));
  EXPECT_EQ(text_kind("a b.jpg,1,x", ListFormat::kCsv), "");
  EXPECT_EQ(text_kind("a.jpg 1 x", ListFormat::kSpace), "");
  EXPECT_EQ(text_kind("a.jpg", ListFormat::kCsv), "");
}

// Names of files may begin or go on like other kinds of text.
TEST(TextKind, LeavesPathsAlone) {
  for (const char* line :
       {"[group] a.jpg\t1,x", "{0}.jpg\t1,x", "#1.jpg\t1,x", "#a/b\t1,x", "//server/a.jpg\t1,x",
        "a;b.jpg 1\tx,y z", "a|b.jpg 1\tx,y z", ";a.jpg", "|", "http://a.b/c.jpg\t1,x"}) {
    expect_no_kind(line);
  }
}

TEST(TextHint, ShowsTheBeginningOfALongLine) {
  const std::string hint = text_hint(std::string(5000, 'x'), "is long");
  EXPECT_EQ(hint, "; the line is '" + std::string(60, 'x') + "...' (5000 bytes); is long");
}

TEST(FieldHint, NamesWhatNumbersAreWrittenAs) {
  for (const char* field : {"0,5", "-1,25", "+3,0"}) {
    EXPECT_EQ(field_hint(field), "; it has a decimal comma: write a point") << field;
  }
  for (const char* field : {"True", "false", "YES", "no", "是"}) {
    EXPECT_EQ(field_hint(field), "; write 1 and 0") << field;
  }
  EXPECT_EQ(field_hint("010011010"), "; a row of bits is one number here: part them");
  for (const char* field : {"\"1\"", "'0.5'", "\"red\"", "''"}) {
    EXPECT_TRUE(mentions(field_hint(field), "leave quotes out")) << field;
  }
}

TEST(FieldHint, IsEmptyForOtherWords) {
  for (const char* field :
       {"", "x", "Y", "n", "1,x", ",5", "5,", "1,2,3", "truely", "0101", "0100110102"}) {
    EXPECT_EQ(field_hint(field), "") << field;
  }
}

TEST(ClassInPathHint, NamesWhatStandsBehindTheNameOfAnImage) {
  EXPECT_EQ(class_in_path_hint("a.jpg red"),
            std::string("; in the path 'a.jpg red' 'red' stands behind the name of an image: ") +
                kNamesHint);
  for (const char* path : {"d/my photo.png dark blue", "x.jpeg 3 \xe7\xba\xa2", "a.v2.tif Red"}) {
    EXPECT_TRUE(mentions(class_in_path_hint(path), kNamesHint)) << path;
  }
}

TEST(ClassInPathHint, IsEmptyForNamesWithBlanks) {
  for (const char* path : {"", "a.jpg", "my photo.jpg", "photo of me", "v1.2 final.jpg", "a.jpg 3",
                           "d.1/my photo", "a.jpg (copy)"}) {
    EXPECT_EQ(class_in_path_hint(path), "") << path;
  }
}

TEST(StrangePathHint, NamesQuotesAndNumbers) {
  for (const char* path : {"\"a.jpg\"", "'b c.png'", "\"d/e 7.jpg\""}) {
    EXPECT_TRUE(mentions(strange_path_hint(path), "; the path is in quotes")) << path;
  }
  for (const char* path : {"a.jpg 3", "x y -2.5", "a.jpg 1e400"}) {
    EXPECT_TRUE(mentions(strange_path_hint(path), "; the path ends in a number")) << path;
  }
}

TEST(StrangePathHint, NamesAClassTooAndNothingOfOtherPaths) {
  EXPECT_EQ(strange_path_hint("a.jpg red"), class_in_path_hint("a.jpg red"));
  for (const char* path : {"", "'", "\"", "it's a 'b'.jpg", "d.1/my photo", "v1.2 final.jpg"}) {
    EXPECT_EQ(strange_path_hint(path), "") << path;
  }
}

TEST(BitsHint, IsOfRowsThatMakeWhatIsWanted) {
  EXPECT_EQ(bits_hint({"10101"}, 5), "; '10101' is one number here: part its digits");
  EXPECT_EQ(bits_hint({"3", "010"}, 4), "; '010' is one number here: part its digits");
  EXPECT_EQ(bits_hint({"11", "0.5", "000"}, 6), "; '000' is one number here: part its digits");
  EXPECT_EQ(bits_hint({"10101"}, 4), "");
  EXPECT_EQ(bits_hint({"10121"}, 5), "");
  EXPECT_EQ(bits_hint({"1", "0"}, 2), "");
  EXPECT_EQ(bits_hint({}, 0), "");
}

TEST(LineHint, ShowsTheLineAndItsLastField) {
  EXPECT_EQ(line_hint("a.jpg", ListFormat::kSpace, true), "; the line is 'a.jpg'");
  EXPECT_EQ(line_hint("a.jpg", ListFormat::kTab, true), "; the line is 'a.jpg'");
  EXPECT_EQ(line_hint(" a.jpg True ", ListFormat::kSpace, true),
            "; the line is 'a.jpg True'; its last field is 'True'; write 1 and 0");
  EXPECT_TRUE(mentions(line_hint("a.jpg nan", ListFormat::kSpace, true), "is no finite float32"));
  EXPECT_TRUE(mentions(line_hint("a.jpg cat", ListFormat::kSpace, true), "(--tasks)"));
  EXPECT_TRUE(mentions(line_hint("a.jpg;1", ListFormat::kSpace, true), "parted by ';'"));
}

TEST(LineHint, NamesAHeaderThatNobodyToldOf) {
  const std::string hint = line_hint("image color age", ListFormat::kSpace, true);
  EXPECT_TRUE(mentions(hint, "the line looks like a header"));
  EXPECT_TRUE(mentions(hint, "give --header=yes"));
  EXPECT_FALSE(mentions(line_hint("image color age", ListFormat::kSpace, false), "header"));
  EXPECT_FALSE(mentions(line_hint("a.jpg color age", ListFormat::kSpace, true), "header"));
  EXPECT_FALSE(mentions(line_hint("image 1 x", ListFormat::kSpace, true), "header"));
}

}  // namespace
}  // namespace caffe_multilabel
