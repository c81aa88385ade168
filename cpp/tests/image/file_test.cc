#include "image/file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <tuple>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class ImageFileTest : public testing::Test {
 protected:
  FileRead read(const std::string& path) {
    size_t size = 0;
    const auto room = [this](size_t bytes) {
      content_.resize(bytes);
      return content_.data();
    };
    const FileRead result = read_image_file(path, room, &size, &problem_);
    EXPECT_TRUE(result != FileRead::kWhole || size == content_.size());
    return result;
  }

  TemporaryDirectory directory_;
  std::string content_;
  std::string problem_;
};

TEST_F(ImageFileTest, ReadsAllOfIt) {
  write_file(directory_ / "image", std::string("\xff\xd8\0x", 4));
  ASSERT_EQ(read(directory_ / "image"), FileRead::kWhole) << problem_;
  EXPECT_EQ(content_, std::string("\xff\xd8\0x", 4));
}

TEST_F(ImageFileTest, RefusesWhatIsNoImageFileAndAsksForNoRoom) {
  write_file(directory_ / "empty", "");
  write_file(directory_ / "huge", "x");
  std::filesystem::resize_file(directory_ / "huge", uintmax_t{1} << 31U);
  const std::tuple<std::string, FileRead, std::string> refused[] = {
      {directory_ / "empty", FileRead::kUnusable, "is empty"},
      {directory_ / "huge", FileRead::kUnusable, "has more than 2 GiB"},
      {directory_.path(), FileRead::kNotOpened, "is a directory"},
      {directory_ / "none", FileRead::kNotOpened, "No such file or directory"},
  };
  for (const auto& [path, result, problem] : refused) {
    EXPECT_EQ(read(path), result);
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
