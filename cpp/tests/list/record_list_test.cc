#include "list/record_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Order = std::vector<uint32_t>;

RecordList make_records(const std::vector<std::string>& paths, const std::vector<float>& labels) {
  RecordList records(labels.size() / paths.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    records.add(paths[i], labels.data() + i * records.label_count(), static_cast<uint32_t>(i + 1));
  }
  return records;
}

TEST(RecordList, KeepsPathsLabelsAndLines) {
  RecordList records(2);
  const float labels[] = {1, 2, 3, 4};
  records.add("a.jpg", labels, 7);
  records.add("", labels + 2, 9);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records.path(0), "a.jpg");
  EXPECT_EQ(records.path(1), "");
  EXPECT_EQ(records.labels(1)[0], 3);
  EXPECT_EQ(records.labels(1)[1], 4);
  EXPECT_EQ(records.line(1), 9U);
}

TEST(RecordList, DigestDependsOnPathsLabelsAndOrder) {
  const Digest digest = make_records({"a", "b"}, {1, 2}).digest();
  EXPECT_EQ(digest, make_records({"a", "b"}, {1, 2}).digest());
  EXPECT_NE(digest, make_records({"a", "c"}, {1, 2}).digest());
  EXPECT_NE(digest, make_records({"a", "b"}, {1, 3}).digest());
  EXPECT_NE(digest, make_records({"b", "a"}, {2, 1}).digest());
  EXPECT_NE(digest, make_records({"a"}, {1}).digest());
}

TEST(RecordList, DigestDoesNotDependOnLines) {
  const float label = 1;
  RecordList a(1);
  RecordList b(1);
  a.add("x", &label, 1);
  b.add("x", &label, 5);
  EXPECT_EQ(a.digest(), b.digest());
}

TEST(RecordList, RowsOfBitsAreAllOfOneLabel) {
  EXPECT_EQ(make_records({"a", "b", "c"}, {10101, 11, 0}).rows_of_bits(), 3U);
  EXPECT_EQ(make_records({"a"}, {11111111}).rows_of_bits(), 1U);
  EXPECT_EQ(make_records({"a", "b"}, {10101, 2}).rows_of_bits(), 0U);
  EXPECT_EQ(make_records({"a", "b"}, {10101, 0.5F}).rows_of_bits(), 0U);
  EXPECT_EQ(make_records({"a", "b"}, {10101, -1}).rows_of_bits(), 0U);
  EXPECT_EQ(make_records({"a", "b"}, {111, 10}).rows_of_bits(), 0U);  // few numbers are no flags
  EXPECT_EQ(make_records({"a"}, {1e30F}).rows_of_bits(), 0U);
  EXPECT_EQ(RecordList(1).rows_of_bits(), 0U);
  const std::array<float, 2> labels{1010, 1101};
  RecordList two(2);
  two.add("a", labels.data(), 1);
  EXPECT_EQ(two.rows_of_bits(), 0U);
}

TEST(RecordOrder, IsTheListsWithoutShuffle) {
  EXPECT_EQ(record_order(4, false, 99), (Order{0, 1, 2, 3}));
}

// Computed outside C++, from the definitions of MT19937-64 and Fisher-Yates.
TEST(RecordOrder, OfASeedIsTheSameEverywhere) {
  EXPECT_EQ(record_order(10, true, 0), (Order{7, 2, 0, 8, 3, 9, 6, 1, 5, 4}));
  EXPECT_EQ(record_order(10, true, 1), (Order{1, 7, 3, 9, 4, 0, 5, 2, 6, 8}));
  EXPECT_EQ(record_order(10, true, 2), (Order{9, 4, 6, 1, 7, 0, 2, 5, 3, 8}));
  EXPECT_EQ(record_order(10, true, UINT64_MAX), (Order{1, 3, 6, 9, 8, 4, 2, 7, 5, 0}));
}

TEST(RecordOrder, HoldsEveryIndexOnce) {
  for (const size_t count : {0, 1, 2, 3, 1000, 4097}) {
    Order order = record_order(count, true, 5);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, record_order(count, false, 0)) << count;
  }
}

RecordList make_pairs(const std::vector<std::array<std::string_view, 2>>& pairs) {
  RecordList records(1, 2);
  const float label = 1;
  for (const auto& pair : pairs) records.add(pair.data(), &label, 1);
  return records;
}

TEST(RecordList, KeepsThePathsOfSeveralImages) {
  const RecordList records = make_pairs({{"a", "bc"}, {"", "d"}});
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records.path(0), "a");
  EXPECT_EQ(records.path(0, 1), "bc");
  EXPECT_EQ(records.path(1), "");
  EXPECT_EQ(records.path(1, 1), "d");
}

TEST(RecordList, DigestsDependOnAllPathsOfARecord) {
  const RecordList list = make_pairs({{"a", "bc"}, {"d", "e"}});
  for (const auto& other : {make_pairs({{"ab", "c"}, {"d", "e"}}), make_pairs({{"a", "b"}}),
                            make_pairs({{"d", "e"}, {"a", "bc"}})}) {
    EXPECT_NE(list.digest(), other.digest());
    EXPECT_NE(list.path_digest(2), other.path_digest(other.size()));
  }
  RecordList relabelled(1, 2);
  const float label = 5;
  const std::array<std::string_view, 2> paths = {"a", "bc"};
  relabelled.add(paths.data(), &label, 1);
  EXPECT_EQ(list.path_digest(1), relabelled.path_digest(1));
}

TEST(RecordList, ARecordIsRepeatedWhereAllItsPathsAre) {
  EXPECT_EQ(make_pairs({{"a", "b"}, {"a", "c"}, {"b", "a"}}).repeated_paths(), 0U);
  EXPECT_EQ(make_pairs({{"a", "b"}, {"a", "c"}, {"a", "b"}}).repeated_paths(), 1U);
  EXPECT_EQ(make_pairs({{"a", "bc"}, {"ab", "c"}}).repeated_paths(), 0U);
}

TEST(RecordList, RefusesNumbersOfImagesThatNobodyMeans) {
  for (const size_t images : {size_t{0}, kMaxImagesPerRecord + 1}) {
    EXPECT_EQ(error_of([&] { RecordList(1, images); }).kind(), ErrorKind::kOption);
  }
}

}  // namespace
}  // namespace caffe_multilabel
