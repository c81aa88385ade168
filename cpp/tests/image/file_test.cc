#include "image/file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class ImageFileTest : public testing::Test {
 protected:
  bool read(const std::string& path) {
    size_t size = 0;
    const auto room = [this](size_t bytes) {
      content_.resize(bytes);
      return content_.data();
    };
    const bool is_read = read_image_file(path, room, &size, &problem_);
    EXPECT_TRUE(!is_read || size == content_.size());
    return is_read;
  }

  TemporaryDirectory directory_;
  std::string content_;
  std::string problem_;
};

TEST_F(ImageFileTest, ReadsAllOfIt) {
  write_file(directory_ / "image", std::string("\xff\xd8\0x", 4));
  ASSERT_TRUE(read(directory_ / "image")) << problem_;
  EXPECT_EQ(content_, std::string("\xff\xd8\0x", 4));
}

TEST_F(ImageFileTest, RefusesWhatIsNoImageFileAndAsksForNoRoom) {
  write_file(directory_ / "empty", "");
  write_file(directory_ / "huge", "x");
  std::filesystem::resize_file(directory_ / "huge", uintmax_t{1} << 31U);
  const std::pair<std::string, std::string> refused[] = {
      {directory_ / "empty", "is empty"},
      {directory_ / "huge", "has more than 2 GiB"},
      {directory_.path(), "is a directory"},
      {directory_ / "none", "No such file or directory"},
  };
  for (const auto& [path, problem] : refused) {
    EXPECT_FALSE(read(path));
    EXPECT_EQ(problem_, problem);
    EXPECT_TRUE(content_.empty());
  }
}

TEST_F(ImageFileTest, TakesAsManyBytesAsADatum) {
  EXPECT_TRUE(is_image_size(0x7fffffff, &problem_));
  EXPECT_FALSE(is_image_size(size_t{1} << 31U, &problem_));
}

}  // namespace
}  // namespace caffe_multilabel
