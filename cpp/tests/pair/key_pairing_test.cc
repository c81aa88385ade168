#include "pair/key_pairing.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/stored_records.h"

namespace caffe_multilabel {
namespace {

using Keys = std::vector<std::string>;

class KeyPairingTest : public testing::Test {
 protected:
  // Takes DBs of these keys through to their ends; gives what contradicts itself.
  std::vector<Mispaired> wrong(const Keys& images, const Keys& labels) {
    open(images, labels);
    pairing_ = KeyPairing();
    std::vector<Mispaired> found;
    while (const auto image = images_->next()) {
      const auto label = labels_->next();
      if (const auto pair = pairing_.add(image->key, label->key)) found.push_back(*pair);
    }
    if (const auto pair = pairing_.finish(images_.get(), labels_.get())) found.push_back(*pair);
    return found;
  }

  void open(const Keys& images, const Keys& labels) {
    const std::string run = std::to_string(runs_++);
    images_ = open_reader(write_keys(directory_, "images" + run, images));
    labels_ = open_reader(write_keys(directory_, "labels" + run, labels));
  }

  const TemporaryDirectory directory_;
  int runs_ = 0;
  std::unique_ptr<RecordReader> images_;
  std::unique_ptr<RecordReader> labels_;
  KeyPairing pairing_;
};

TEST_F(KeyPairingTest, ComparesNumbersOfAnyWidth) {
  EXPECT_TRUE(wrong({"00000000", "00000001"}, {"000", "001"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kNumber);
  EXPECT_EQ(pairing_.by_order(), 0U);
  EXPECT_TRUE(wrong({"00000000_a7.jpg", "00000001_b8.jpg"}, {"0", "1"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kNumber);
  EXPECT_TRUE(wrong({"00.jpg", "01.jpg"}, {"0_labels", "1_labels"}).empty());
}

TEST_F(KeyPairingTest, FindsNumbersThatSortAsText) {
  const auto found = wrong({"00", "01", "02"}, {"0", "1", "10"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].position, 2U);
  EXPECT_EQ(found[0].image_key, "02");
  EXPECT_EQ(found[0].label_key, "10");
}

TEST_F(KeyPairingTest, ComparesPathsOfTheConvertersForm) {
  EXPECT_TRUE(wrong({"00000000_a", "00000001_b"}, {"00000000label_a", "00000001label_b"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kPath);
  EXPECT_EQ(wrong({"00000000_a"}, {"00000000label_b"}).size(), 1U);
  EXPECT_TRUE(wrong({"00000000_a", "00000001_b"}, {"00000000label_a", "1"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kNumber);  // the weaker of the two
}

TEST_F(KeyPairingTest, ComparesNamesOfOneKind) {
  EXPECT_TRUE(wrong({"5_17", "5_18", "cat"}, {"5_17", "5_18", "cat"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kName);
  // No two records beside each other have the same name, but the DBs have some in common.
  const auto found = wrong({"ant", "bee", "cow"}, {"bee", "cow", "dog"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].image_key, "ant");
  EXPECT_EQ(found[0].label_key, "bee");
  EXPECT_EQ(found[0].records, 3U);
  const auto last = wrong({"ant", "bee", "cow"}, {"ant", "bee", "dog"});
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].position, 2U);
  EXPECT_EQ(pairing_.by_order(), 0U);
}

TEST_F(KeyPairingTest, DoesNotSayThatKeysAgreeWhichItCannotCompare) {
  for (const Keys& labels : {Keys{"l-0", "l-1"}, Keys{"0", "1"}, Keys{"a.txt", "b.txt"}}) {
    EXPECT_TRUE(wrong({"a.jpg", "b.jpg"}, labels).empty());
    EXPECT_EQ(pairing_.paired_by(), PairedBy::kOrder);
    EXPECT_EQ(pairing_.by_order(), 2U);
    EXPECT_EQ(pairing_.first_by_order()->image_key, "a.jpg");
  }
  EXPECT_TRUE(wrong({"0", "1", "x"}, {"0", "1", "y"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kNumber);
  EXPECT_EQ(pairing_.by_order(), 1U);
}

TEST_F(KeyPairingTest, ComparesNumbersAtTheEndOfNames) {
  EXPECT_TRUE(wrong({"img_1.jpg", "img_2.jpg"}, {"img_00001", "img_00002"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kNumber);
  EXPECT_EQ(pairing_.by_order(), 0U);
  // As LMDB sorts them: 10 comes before 2.
  const auto found =
      wrong({"img_1.jpg", "img_10.jpg", "img_2.jpg"}, {"img_00001", "img_00002", "img_00010"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].position, 1U);
  EXPECT_EQ(found[0].image_key, "img_10.jpg");
  EXPECT_EQ(found[0].label_key, "img_00002");
  EXPECT_EQ(found[0].records, 2U);
  EXPECT_EQ(pairing_.by_order(), 0U);
  // Names that the DBs share do not make others of the same number unlike.
  EXPECT_TRUE(wrong({"img_1", "x"}, {"img_01", "x"}).empty());
  EXPECT_EQ(pairing_.paired_by(), PairedBy::kName);
}

TEST_F(KeyPairingTest, SaysNothingOfNumbersInNamesThatMayBeChance) {
  const std::vector<std::pair<Keys, Keys>> pairs = {
      {{"img_1"}, {"img_2"}},                        // one record
      {{"cat", "img_1"}, {"dog", "img_2"}},          // one that cannot be compared
      {{"7", "img_1"}, {"dog", "img_2"}},            // the same
      {{"img_1", "img_2"}, {"lab_2", "lab_3"}},      // other stems
      {{"a/img_1", "a/img_2"}, {"img_2", "img_3"}},  // a path and a name
      {{"a1.left", "a2.left"}, {"a1.right", "a2.right"}},
  };
  for (const auto& [images, labels] : pairs) {
    EXPECT_TRUE(wrong(images, labels).empty()) << images[0];
    EXPECT_GT(pairing_.by_order(), 0U);
    EXPECT_TRUE(pairing_.first_by_order());
  }
}

TEST_F(KeyPairingTest, IsRequiredOfAPairThatIsReadByPosition) {
  for (const Keys& labels : {Keys{"0", "1", "10"}, Keys{"01", "02", "03"}}) {
    open({"00", "01", "02"}, labels);
    const Error error = error_of(
        [this] { require_paired_keys(images_.get(), labels_.get(), LoneNumbers::kIgnored); });
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    EXPECT_EQ(error.path(), labels_->directory());
    EXPECT_TRUE(mentions(error.what(), "its record " + error.key() + " stands beside 0"));
    EXPECT_EQ(images_->next()->key, "00");  // from the beginning again
  }
  open({"a", "b"}, {"0", "1"});
  require_paired_keys(images_.get(), labels_.get(), LoneNumbers::kCount);
  EXPECT_EQ(labels_->next()->key, "0");
}

TEST_F(KeyPairingTest, LeavesToTheReaderWhatMayBeChance) {
  const std::vector<Keys> mixed = {{"1", "\x7f"}, {"1"}};
  const std::vector<Keys> numbers = {{"0", "1"}, {"0"}};
  for (size_t i = 0; i < mixed.size(); ++i) {
    open(mixed[i], numbers[i]);
    require_paired_keys(images_.get(), labels_.get(), LoneNumbers::kIgnored);
    error_of([this] { require_paired_keys(images_.get(), labels_.get(), LoneNumbers::kCount); });
  }
}

}  // namespace
}  // namespace caffe_multilabel
