// Streams of the files of a list and of windows in images.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "read/batch_stream.h"
#include "read/file_rows.h"
#include "read/image_cache.h"
#include "read/window_rows.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

void no_wait() {}

using ListLabels = std::vector<int32_t>;

class FileStreamTest : public testing::Test {
 protected:
  FileStreamTest() {
    options_.endless = true;
    options_.decoding = Decoding::kColor;
    options_.transform.crop_size = 4;
    options_.transform.mirror = true;
    options_.transform.train = true;
    options_.seed = 7;
    files_.root = directory_.path() + "/";
    windows_.root = files_.root;
    windows_.crop.crop_size = 4;
  }

  // Image n has label n.
  void write(size_t count) {
    list_ = std::make_shared<LabelledFiles>();
    list_->source = "list";
    boxes_ = std::make_shared<WindowFile>();
    boxes_->source = "windows";
    for (size_t i = 0; i < count; ++i) {
      const std::string name = std::to_string(i) + ".png";
      write_file(directory_ / name, golden("png_rgb.png"));
      list_->paths.push_back(name);
      list_->labels.push_back(static_cast<int32_t>(i));
      boxes_->images.push_back(name);
      for (const float overlap : {0.1F, 0.9F}) {
        const auto image = static_cast<uint32_t>(i);
        boxes_->windows.push_back({image, static_cast<int32_t>(i + 1), overlap, 1, 1, 6, 5, 1});
      }
    }
  }

  std::unique_ptr<BatchStream> files(size_t batch_size, size_t threads, uint64_t taken = 0) {
    options_.batch_size = batch_size;
    options_.threads = threads;
    options_.taken = taken;
    return std::make_unique<BatchStream>(std::make_unique<FileRows>(list_, files_, options_),
                                         options_);
  }

  std::unique_ptr<BatchStream> windows(size_t batch_size, size_t threads, uint64_t taken = 0) {
    options_.batch_size = batch_size;
    options_.threads = threads;
    options_.taken = taken;
    return std::make_unique<BatchStream>(std::make_unique<WindowRows>(boxes_, windows_, options_),
                                         options_);
  }

  struct Found {
    ListLabels labels;
    std::vector<float> numbers;
    friend bool operator==(const Found& a, const Found& b) {
      return a.labels == b.labels && a.numbers == b.numbers;
    }
  };

  static Found take(BatchStream& stream, size_t batches) {
    Found found;
    for (size_t i = 0; i < batches; ++i) {
      const Batch batch = *stream.next(no_wait);
      found.labels.insert(found.labels.end(), batch.datum_labels.begin(), batch.datum_labels.end());
      const size_t size = batch.records * batch.shape.size();
      found.numbers.insert(found.numbers.end(), batch.floats(), batch.floats() + size);
    }
    return found;
  }

  BatchOptions options_;
  FileOptions files_;
  WindowOptions windows_;
  TemporaryDirectory directory_;
  std::shared_ptr<LabelledFiles> list_;
  std::shared_ptr<WindowFile> boxes_;
};

TEST_F(FileStreamTest, AreTheSameForAnyNumberOfThreads) {
  write(7);
  files_.shuffle = 3;
  const Found one = take(*files(4, 1), 9);
  const Found other = take(*windows(4, 1), 9);
  for (const size_t threads : {0, 2, 8}) {
    EXPECT_TRUE(take(*files(4, threads), 9) == one);
    EXPECT_TRUE(take(*windows(4, threads), 9) == other);
  }
}

TEST_F(FileStreamTest, GoOnWhereTheyWere) {
  write(5);
  files_.shuffle = 3;
  files_.skip = 2;
  windows_.foreground_fraction = 0.5F;
  for (const uint64_t before : {1, 4, 11}) {
    const auto list = files(3, 2);
    take(*list, before);
    EXPECT_TRUE(take(*files(3, 2, 3 * before), 8) == take(*list, 8));
    const auto boxes = windows(3, 2);
    take(*boxes, before);
    EXPECT_TRUE(take(*windows(3, 2, 3 * before), 8) == take(*boxes, 8));
  }
}

TEST_F(FileStreamTest, EachFileComesOnceInEachRound) {
  write(6);
  files_.shuffle = 1;
  const ListLabels labels = take(*files(4, 2), 6).labels;
  std::vector<ListLabels> rounds;
  for (size_t round = 0; round < 4; ++round) {
    const auto first = labels.begin() + static_cast<ptrdiff_t>(6 * round);
    ListLabels sorted(first, first + 6);
    rounds.push_back(sorted);
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, (ListLabels{0, 1, 2, 3, 4, 5}));
  }
  EXPECT_NE(rounds[0], rounds[1]);
}

TEST_F(FileStreamTest, SkippedLinesComeAtTheEndOfTheRound) {
  write(4);
  files_.skip = 3;
  EXPECT_EQ(take(*files(6, 0), 1).labels, (ListLabels{3, 0, 1, 2, 3, 0}));
}

TEST_F(FileStreamTest, BackgroundsComeBeforeObjects) {
  write(3);
  windows_.foreground_fraction = 0.5F;
  const ListLabels labels = take(*windows(5, 2), 4).labels;
  for (size_t i = 0; i < labels.size(); ++i) EXPECT_EQ(labels[i] > 0, i % 5 >= 3) << i;
}

TEST_F(FileStreamTest, ABadFileIsNamedAndEndsTheStream) {
  write(5);
  write_file(directory_ / "3.png", "no image");
  for (const size_t threads : {0, 3}) {
    const auto list = files(3, threads);
    EXPECT_TRUE(list->next(no_wait));
    const Error error = error_of([&list] { list->next(no_wait); });
    EXPECT_EQ(error.kind(), ErrorKind::kImage);
    EXPECT_EQ(error.line(), 4);
    EXPECT_TRUE(mentions(error.what(), "list: line 4: '" + (directory_ / "3.png") + "': "));
    EXPECT_FALSE(list->next(no_wait));
  }
}

TEST_F(FileStreamTest, ACacheKeepsTheFilesAsTheyWere) {
  write(3);
  const Found wanted = take(*windows(4, 1), 3);
  windows_.cache = std::make_shared<ImageCache>(*boxes_, windows_.root, no_wait);
  for (const std::string& name : boxes_->images) write_file(directory_ / name, "");
  for (int streams = 0; streams < 2; ++streams) EXPECT_TRUE(take(*windows(4, 1), 3) == wanted);
}

TEST_F(FileStreamTest, ReadingACacheCanBeInterrupted) {
  struct Interrupted {};
  write(3);
  const auto interrupt = [] { throw Interrupted(); };
  EXPECT_THROW(ImageCache(*boxes_, windows_.root, interrupt), Interrupted);
}

TEST_F(FileStreamTest, OtherThanTransformedBatchesAreRefused) {
  write(1);
  for (const BatchOutput output : {BatchOutput::kStored, BatchOutput::kLabels}) {
    options_.output = output;
    EXPECT_EQ(error_of([this] { files(1, 0); }).kind(), ErrorKind::kOption);
    EXPECT_EQ(error_of([this] { windows(1, 0); }).kind(), ErrorKind::kOption);
  }
}

TEST_F(FileStreamTest, ASizeThatNoBlobHasIsRefusedWithItsImage) {
  write(1);
  files_.height = files_.width = 100'000;
  const Error error = error_of([this] { FileRows(list_, files_, options_).next_shape(); });
  EXPECT_EQ(error.kind(), ErrorKind::kImage);
  EXPECT_TRUE(mentions(error.what(), "0.png': new_height and new_width make it 3 x 100000 x"));
}

}  // namespace
}  // namespace caffe_multilabel
