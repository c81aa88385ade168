#include "read/window_crop.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

Window window(int x1, int y1, int x2, int y2) {
  Window made;
  made.x1 = x1;
  made.y1 = y1;
  made.x2 = x2;
  made.y2 = y2;
  return made;
}

TEST(CropWindow, TakesWhatItNamesWithoutPadding) {
  WindowCrop crop;
  std::string problem;
  const WindowCropOptions options{10, 0, false};
  ASSERT_TRUE(crop_window(window(2, 3, 5, 7), {20, 30}, options, true, &crop, &problem));
  EXPECT_EQ(crop.part, cv::Rect(2, 3, 4, 5));
  EXPECT_EQ(crop.size, cv::Size(10, 10));
  EXPECT_EQ(crop.row + crop.column, 0);
  for (const Window& outside : {window(-1, 3, 5, 7), window(2, 3, 20, 7), window(2, 3, 5, 30)}) {
    EXPECT_FALSE(crop_window(outside, {20, 30}, options, false, &crop, &problem));
    EXPECT_TRUE(mentions(problem, "not inside the image, which is 20 wide and 30 high"));
  }
  for (const Window& turned : {window(5, 3, 4, 7), window(2, 8, 5, 7)}) {
    EXPECT_FALSE(crop_window(turned, {20, 30}, options, false, &crop, &problem));
    EXPECT_TRUE(mentions(problem, "its x2 or y2 is before x1 or y1"));
  }
}

// A window in a corner: of 8 x 8, twice as wide with what is around it, a quarter is outside on
// either axis; mirrored it is on the other side.
TEST(CropWindow, LeavesRoomForWhatIsOutside) {
  WindowCrop crop;
  std::string problem;
  const WindowCropOptions options{16, 4, false};
  ASSERT_TRUE(crop_window(window(0, 0, 7, 7), {20, 20}, options, false, &crop, &problem));
  EXPECT_EQ(crop.part, cv::Rect(0, 0, 13, 13));
  EXPECT_EQ(crop.row, 4);
  EXPECT_EQ(crop.column, 4);
  EXPECT_EQ(crop.size, cv::Size(12, 12));
  ASSERT_TRUE(crop_window(window(0, 0, 7, 7), {20, 20}, options, true, &crop, &problem));
  EXPECT_EQ(crop.row, 4);
  EXPECT_EQ(crop.column, 0);
}

TEST(CropWindow, StaysInTheImageAndInTheOutput) {
  std::mt19937 random(1);
  const auto draw = [&random](int least, int most) {
    return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
  };
  size_t cut = 0;
  for (int i = 0; i < 20000; ++i) {
    const int side = draw(1, 40);
    const WindowCropOptions options{side, draw(0, (side - 1) / 2), draw(0, 1) == 1};
    const cv::Size image(draw(1, 50), draw(1, 50));
    const Window box = window(draw(-9, 55), draw(-9, 55), draw(-9, 55), draw(-9, 55));
    WindowCrop crop;
    std::string problem;
    if (!crop_window(box, image, options, draw(0, 1) == 1, &crop, &problem)) continue;
    ++cut;
    const cv::Rect whole(0, 0, image.width, image.height);
    EXPECT_EQ(crop.part & whole, crop.part);
    EXPECT_GT(crop.part.area(), 0);
    const cv::Rect output(crop.column, crop.row, crop.size.width, crop.size.height);
    EXPECT_EQ(output & cv::Rect(0, 0, side, side), output);
    EXPECT_GT(output.area(), 0);
  }
  EXPECT_GT(cut, 2000U);
}

}  // namespace
}  // namespace caffe_multilabel
