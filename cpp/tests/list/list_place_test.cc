#include "list/list_place.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "list/matching.h"

namespace caffe_multilabel {
namespace {

class ListPlacesTest : public testing::Test {
 protected:
  ListPlacesTest() {
    const float label = 0;
    for (const char* path : {"b.jpg", "7.jpg", "a.jpg"}) list_.add(path, &label, 1);
    matcher_.emplace(list_);
  }

  ListPlaces places(const std::vector<std::string>& keys) {
    ListPlaces made(list_.size(), [this](std::string_view path) { return matcher_->holds(path); });
    for (const std::string& key : keys) made.see(key);
    return made;
  }

  RecordList list_{1};
  std::optional<ListMatcher> matcher_;
};

TEST_F(ListPlacesTest, AreTheLineOfTheNumber) {
  const ListPlaces found = places({"0", "1", "10", "2"});
  EXPECT_FALSE(found.counts_from_one());
  for (const char* key : {"10", "000010", "10-x"}) {
    const ListPlace place = found.find(key, 2);
    EXPECT_EQ(place.by, PlacedBy::kNumber);
    EXPECT_EQ(place.position, 10U);
  }
  EXPECT_EQ(found.find("123456789012345678901234567890", 0).position, std::nullopt);
}

TEST_F(ListPlacesTest, AreTheLineOfThePathWhereThereIsOne) {
  const ListPlaces found = places({"00000000_b.jpg"});
  EXPECT_EQ(found.find("00000005label_c.jpg", 0).path, "c.jpg");
  EXPECT_EQ(found.find("a.jpg", 0).path, "a.jpg");  // a key that is a path of the list
  EXPECT_EQ(found.find("7.jpg", 0).path, "7.jpg");
  EXPECT_EQ(found.find("7.png", 0).by, PlacedBy::kNumber);
}

TEST_F(ListPlacesTest, AreGuessedByOrderWhereNothingTells) {
  const ListPlace place = places({"x"}).find("x", 2);
  EXPECT_EQ(place.by, PlacedBy::kOrder);
  EXPECT_EQ(place.position, 2U);
}

TEST_F(ListPlacesTest, MayCountFromOne) {
  const ListPlaces found = places({"01", "02", "03"});
  EXPECT_TRUE(found.counts_from_one());
  EXPECT_EQ(found.find("03", 0).position, 2U);
  EXPECT_EQ(found.find("00", 0).position, std::nullopt);
  EXPECT_FALSE(places({"01", "02"}).counts_from_one());  // the first image was left out
  EXPECT_FALSE(places({"01", "02", "03", "04"}).counts_from_one());
}

TEST_F(ListPlacesTest, MayOrMayNotCountFromOne) {
  EXPECT_TRUE(places({"01", "02"}).may_count_from_one());
  EXPECT_TRUE(places({"1"}).may_count_from_one());
  for (const auto& keys : {std::vector<std::string>{"00", "01"}, {"01", "02", "03"}, {"02"}}) {
    EXPECT_FALSE(places(keys).may_count_from_one()) << keys.back();
  }
}

TEST_F(ListPlacesTest, TakeNumbersForChanceBesideOtherNames) {
  const ListPlaces found = places({"12", "ab", "cd"});
  EXPECT_EQ(found.find("12", 0).by, PlacedBy::kOrder);
  EXPECT_EQ(found.find("12", 0).position, 0U);
  // Those that hold a path are no such names.
  EXPECT_EQ(places({"00000000_b.jpg", "1", "a.jpg"}).find("1", 1).by, PlacedBy::kNumber);
}

TEST_F(ListPlacesTest, AreToldByTheLabelKeyOrTheOnlyPath) {
  EXPECT_EQ(telling_key("00000000_a", "00000000label_b"), "00000000label_b");
  EXPECT_EQ(telling_key("00000000_a", "00000000"), "00000000_a");
  EXPECT_EQ(telling_key("0", "1"), "1");
}

}  // namespace
}  // namespace caffe_multilabel
