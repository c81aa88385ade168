#include "read/label_array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class StoredRowsTest : public testing::Test {
 protected:
  // More than one chunk of records, each with its position and a half.
  std::vector<std::string> many() const {
    std::vector<std::string> values;
    for (int i = 0; i < 9000; ++i) values.push_back(label_record({static_cast<float>(i), 0.5F}));
    return values;
  }

  std::optional<OddRecord> read(const std::vector<std::string>& records, size_t value_count) {
    index_ = std::make_shared<RecordIndex>(write_records(directory_, "labels", records));
    rows_.assign(index_->size() * value_count, -1);
    const auto odd = read_stored_values(ValueSource(index_), value_count, 2, rows_.data(), [] {});
    const auto counted = read_stored_values(ValueSource(index_), value_count, 2, nullptr, [] {});
    EXPECT_EQ(odd.has_value(), counted.has_value());
    if (odd && counted) {
      EXPECT_EQ(odd->position, counted->position);
      EXPECT_EQ(odd->values, counted->values);
    }
    return odd;
  }

  TemporaryDirectory directory_;
  std::shared_ptr<RecordIndex> index_;
  std::vector<float> rows_;
};

TEST_F(StoredRowsTest, GivesThemInOrder) {
  EXPECT_FALSE(read(many(), 2));
  for (size_t i = 0; i < 9000; ++i) {
    ASSERT_EQ(rows_[2 * i], static_cast<float>(i));
    ASSERT_EQ(rows_[2 * i + 1], 0.5F);
  }
}

TEST_F(StoredRowsTest, TakesBytesAndWrongShapesAsTheyStand) {
  std::string shapeless = label_record({1, 2, 3});
  shapeless[1] = 9;  // the channels
  EXPECT_FALSE(read({raw_record({3, 1, 1}, 254), shapeless}, 3));
  EXPECT_EQ(rows_, (std::vector<float>{254, 255, 0, 1, 2, 3}));
}

TEST_F(StoredRowsTest, EndsAtTheFirstRecordOfAnotherLength) {
  std::vector<std::string> records = many();
  records[5000] = label_record({7});
  records[5001] = label_record({7, 8, 9});
  records[8999] = "no Datum";
  const std::optional<OddRecord> odd = read(records, 2);
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->position, 5000U);
  EXPECT_EQ(odd->values, 1U);
  EXPECT_EQ(rows_[2 * 4999], 4999.0F);
}

TEST_F(StoredRowsTest, ReadsNothingBehindTheChunkOfAnOddRecord) {
  std::vector<std::string> records = many();
  records[1] = label_record({7});
  index_ = std::make_shared<RecordIndex>(write_records(directory_, "labels", records));
  rows_.assign(index_->size() * 2, -1);
  const auto odd = read_stored_values(ValueSource(index_), 2, 1, rows_.data(), [] {});
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->position, 1U);
  const auto written = [](float value) { return value != -1; };
  EXPECT_EQ(std::count_if(rows_.begin(), rows_.end(), written), 2);  // the row before it
}

TEST_F(StoredRowsTest, FindsTheFirstRecordOfAnotherShape) {
  std::vector<std::string> records = many();
  read(records, 2);
  const Shape first{2, 1, 1};
  EXPECT_FALSE(find_odd_shape(ValueSource(index_), first, 2, [] {}));
  records[4000] = encoded_record("no image");
  write_label_datum({1, 1, 2}, std::vector<float>{1, 2}.data(), std::nullopt, &records[6000]);
  write_label_datum({1, 2, 1}, std::vector<float>{1, 2}.data(), std::nullopt, &records[6001]);
  index_ = std::make_shared<RecordIndex>(write_records(directory_, "turned", records));
  const auto odd = find_odd_shape(ValueSource(index_), first, 2, [] {});
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->position, 6000U);
  EXPECT_EQ(odd->shape, (Shape{1, 1, 2}));
}

TEST_F(StoredRowsTest, NamesTheFirstRecordThatIsNoDatum) {
  std::vector<std::string> records = many();
  records[4096] = "no Datum";
  records[8999] = label_record({7});
  const Error error = error_of([&] { read(records, 2); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_TRUE(mentions(error.what(), "record 4096 (00004096_x): it is no Datum"));
}

}  // namespace
}  // namespace caffe_multilabel
