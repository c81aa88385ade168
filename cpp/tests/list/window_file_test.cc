#include "list/window_file.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class WindowFileTest : public testing::Test {
 protected:
  WindowFile read(const std::string& text) {
    write_file(path_, text);
    return read_window_file(path_);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "windows";
};

TEST_F(WindowFileTest, TakesBlanksAndLineEndsForTheSame) {
  const WindowFile file = read(
      "# 0\na.png\n3\n9 8\n2\n4 0.5 1 2 3 4\n0 1e-1\n-1 0 7 8\n\n"
      "# 1 b.png 3 5 5 0");
  EXPECT_EQ(file.images, (std::vector<std::string>{"a.png", "b.png"}));
  ASSERT_EQ(file.windows.size(), 2U);
  const Window& window = file.windows[1];
  EXPECT_EQ(window.image, 0U);
  EXPECT_EQ(window.label, 0);
  EXPECT_EQ(window.overlap, 0.1F);
  EXPECT_EQ((std::vector<int>{window.x1, window.y1, window.x2, window.y2}),
            (std::vector<int>{-1, 0, 7, 8}));
  EXPECT_EQ(window.line, 7U);
}

TEST_F(WindowFileTest, TakesTheNumbersThatStreamsTake) {
  const WindowFile file = read("# +0 a.png +3 9 8 2\n+4 +0.9 +1 2 3 4\n0 1e-50 1 2 3 4");
  ASSERT_EQ(file.windows.size(), 2U);
  EXPECT_EQ(file.windows[0].label, 4);
  EXPECT_EQ(file.windows[0].overlap, 0.9F);
  EXPECT_EQ(file.windows[0].x1, 1);
  EXPECT_EQ(file.windows[1].overlap, 0.0F);
  for (const char* wrong : {"+-1", "++1", "1e50", "+"}) {
    const std::string text = std::string("# 0 a.png 3 9 8 1\n1 ") + wrong + " 1 2 3 4";
    EXPECT_EQ(error_of([&] { read(text); }).kind(), ErrorKind::kList) << wrong;
  }
}

TEST_F(WindowFileTest, RefusesWhatCaffeWouldReadPastItsMemoryWith) {
  const std::string image = "a.png 3 9 8 1\n4 0.5 1 2 3 4\n";
  read("# 0 " + image + "# 1 " + image);
  for (const std::string& wrong :
       {"# 0 " + image + "# 2 " + image, "# 1 " + image, "#0 " + image,
        std::string("# 0 a.png 1 9 8 0"), std::string("# 0 a.png 3 9 8 1\n1 nan 1 2 3 4"),
        std::string("# 0 a.png 3 9 8 -1"),
        std::string("# 0 a.png 3 9 8 1\n1 0.5 1 2 3 99999999")}) {
    const Error error = error_of([&] { read(wrong); });
    EXPECT_EQ(error.kind(), ErrorKind::kList) << wrong;
    EXPECT_GT(error.line(), 0) << wrong;
  }
}

// Whatever stands where, and wherever the file ends.
TEST_F(WindowFileTest, EndsInAnErrorOrNot) {
  const std::string text = "# 0\na.png\n3 9 8\n1\n4 0.5 1 2 3 4\n# 1\nb.png\n3 9 8\n0\n";
  for (size_t size = 0; size < text.size(); ++size) {
    for (const char change : {'#', '-', 'x', '\n', '9'}) {
      std::string other = text;
      other[size] = change;
      for (const std::string& one : {text.substr(0, size), other}) {
        try {
          read(one);
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::kList) << one;
        }
      }
    }
  }
}

}  // namespace
}  // namespace caffe_multilabel
