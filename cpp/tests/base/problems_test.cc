#include "base/problems.h"

#include <gtest/gtest.h>

#include <string>

namespace caffe_multilabel {
namespace {

std::string text_of(uint64_t count) {
  Problems problems;
  for (uint64_t i = 1; i <= count; ++i) problems.add([i] { return "line " + std::to_string(i); });
  EXPECT_EQ(problems.count(), count);
  return problems.text();
}

TEST(Problems, AreShownOneALine) {
  EXPECT_EQ(text_of(0), "");
  EXPECT_EQ(text_of(2), "\n  line 1\n  line 2");
}

TEST(Problems, AreCountedBeyondTheFirstTwenty) {
  EXPECT_EQ(text_of(20).find("more"), std::string::npos);
  const std::string text = text_of(23);
  EXPECT_EQ(text.substr(text.find("\n  line 20")), "\n  line 20\n  and 3 more");
}

TEST(Problems, AreSaidInFullOnceInARow) {
  Problems problems;
  for (const char* text :
       {"line 1: a: b", "line 2: a: b", "line 3: a: c", "line 4: a: b", "x", "x"})
    problems.add([text] { return std::string(text); });
  EXPECT_EQ(problems.text(),
            "\n  line 1: a: b\n  line 2: the same\n  line 3: a: c\n  line 4: a: b\n  x\n  x");
}

TEST(Problems, MakeNoTextThatIsNotShown) {
  Problems problems;
  size_t made = 0;
  for (int i = 0; i < 1000; ++i) {
    problems.add([&made] {
      ++made;
      return std::string("x");
    });
  }
  EXPECT_EQ(made, Problems::kShown);
}

}  // namespace
}  // namespace caffe_multilabel
