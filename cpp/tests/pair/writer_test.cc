#include "pair/writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/pair/writer_fixture.h"

namespace caffe_multilabel {
namespace {

constexpr uint64_t kBytes = PairWriter::kBytesPerCommit;

class PairWriterTest : public PairWriterFixture {};

TEST_F(PairWriterTest, WritesBothDbsInStep) {
  rejects_ = {3};
  const Pair pair = unbroken(10);
  LmdbReader images(pair.images);
  LmdbReader labels(pair.labels);
  for (uint64_t index = 0; index < 10; ++index) {
    if (index == 3) continue;
    EXPECT_EQ(images.next()->key, image_key(index, "x"));
    EXPECT_EQ(labels.next()->key, label_key(index, "x"));
  }
  EXPECT_FALSE(images.next());
  EXPECT_FALSE(labels.next());
}

TEST_F(PairWriterTest, SumsUpTheRecords) {
  rejects_ = {0};
  const Pair pair = make_pair("pair");
  write(pair, 3, true);
  const PairWriter writer(pair.images, pair.labels, [] {});
  const Tally& tally = writer.tally();
  EXPECT_EQ(tally.next_index, 3U);
  EXPECT_EQ(tally.records, 2U);
  EXPECT_EQ(tally.image_bytes, 6U + 7U);
  EXPECT_EQ(tally.label_bytes, 60U);
  const Digest first = chain({}, record_digest(image_key(1, "x"), "bbbbbb"));
  EXPECT_EQ(tally.images, chain(first, record_digest(image_key(2, "x"), "ccccccc")));
}

TEST_F(PairWriterTest, CommitsBothAfterAThousandRecords) {
  const Pair pair = make_pair("pair");
  write(pair, kEvery - 1);
  EXPECT_EQ(committed(pair.images), 0U);
  write(pair, kEvery + 10);
  EXPECT_EQ(committed(pair.images), kEvery);
  EXPECT_EQ(committed(pair.labels), kEvery);
}

TEST_F(PairWriterTest, CountsNoRejectsForACommit) {
  rejects_ = {0, 1, 2};
  const Pair pair = make_pair("pair");
  write(pair, kEvery + 2);
  EXPECT_EQ(committed(pair.images), 0U);
  write(pair, kEvery + 3);
  EXPECT_EQ(committed(pair.images), kEvery);
}

TEST_F(PairWriterTest, CommitsWhenEnoughBytesWait) {
  image_size_ = [](uint64_t) { return kBytes / 2; };
  const Pair pair = make_pair("pair");
  write(pair, 1);
  EXPECT_EQ(committed(pair.images), 0U);
  write(pair, 3);
  EXPECT_EQ(committed(pair.images), 2U);
  EXPECT_EQ(committed(pair.labels), 2U);
}

TEST_F(PairWriterTest, CountsTheBytesOfLabelsToo) {
  label_size_ = [](uint64_t) { return kBytes / 8; };
  const Pair pair = make_pair("pair");
  write(pair, 40, true);
  EXPECT_EQ(committed(pair.labels), 40U);
  EXPECT_EQ(Journal(pair.images + "/journal").read().size(), 5U);
}

TEST_F(PairWriterTest, TakesAHugeRecordAfterSmallOnes) {
  image_size_ = [](uint64_t index) { return index % 3 == 2 ? 5 * kBytes : 1; };
  const Pair pair = make_pair("pair");
  write(pair, 7, true);
  EXPECT_EQ(committed(pair.images), 7U);
}

TEST_F(PairWriterTest, TakesHugeLabelsAfterSmallOnes) {
  label_size_ = [](uint64_t index) { return index % 3 == 2 ? 5 * kBytes : 1; };
  const Pair pair = make_pair("pair");
  write(pair, 7, true);
  EXPECT_EQ(committed(pair.labels), 7U);
}

TEST_F(PairWriterTest, GivesBackTheRejectsOfARunThatWasStopped) {
  rejects_ = {1, kEvery + 5};
  const Pair pair = make_pair("pair");
  write(pair, kEvery + 100);
  const PairWriter writer(pair.images, pair.labels, [] {});
  ASSERT_EQ(writer.rejects().size(), 1U);  // the other was not committed
  EXPECT_EQ(writer.rejects()[0].index, 1U);
  EXPECT_EQ(writer.rejects()[0].problem, "bad 1");
  EXPECT_EQ(writer.tally().next_index, kEvery + 1);
}

TEST_F(PairWriterTest, CanBeStoppedWhileItReadsWhatIsThere) {
  const Pair pair = make_pair("pair");
  write(pair, kEvery);
  const auto stop = [] { throw Error(ErrorKind::kCancelled, "planned"); };
  const Error error = error_of([&] { PairWriter(pair.images, pair.labels, stop); });
  EXPECT_STREQ(error.what(), "planned");
}

class DamagedPairTest : public PairWriterFixture {
 protected:
  DamagedPairTest() { write(pair_, kEvery + 500, true); }

  std::string refused() {
    const Error error = error_of([this] { PairWriter(pair_.images, pair_.labels, [] {}); });
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    return error.what();
  }

  // Changes the last byte of the first `text` in a file.
  static void damage(const std::string& path, const std::string& text) {
    std::string bytes = read_file(path);
    const size_t at = bytes.find(text);
    ASSERT_NE(at, std::string::npos);
    bytes[at + text.size() - 1] ^= 1;
    write_file(path, bytes);
  }

  Pair pair_ = make_pair("pair");
};

TEST_F(DamagedPairTest, ImageValueIsNoticed) {
  damage(pair_.images + "/data.mdb", image_key(0, "x") + "aaa");
  EXPECT_TRUE(mentions(refused(), pair_.images + ": is damaged"));
}

TEST_F(DamagedPairTest, LabelValueIsNoticed) {
  damage(pair_.labels + "/data.mdb", label_key(0, "x") + "lll");
  EXPECT_TRUE(mentions(refused(), pair_.labels + ": is damaged"));
}

TEST_F(DamagedPairTest, KeyIsNoticed) {
  damage(pair_.labels + "/data.mdb", label_key(0, "x"));
  EXPECT_TRUE(mentions(refused(), "is damaged"));
}

TEST_F(DamagedPairTest, CutOffDbIsNoticed) {
  const std::string file = pair_.images + "/data.mdb";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  EXPECT_TRUE(mentions(refused(), "is cut off"));
}

TEST_F(DamagedPairTest, JournalThatIsGoneIsNoticed) {
  std::filesystem::remove(pair_.images + "/journal");
  EXPECT_TRUE(mentions(refused(), "its journal does not know these records"));
}

TEST_F(DamagedPairTest, JournalOfLessIsNoticed) {
  Journal journal(pair_.images + "/journal");
  journal.replace_all({journal.read().at(0)});
  EXPECT_TRUE(mentions(refused(), "its journal does not know these records"));
}

TEST_F(DamagedPairTest, DbThatIsGoneIsNoticed) {
  std::filesystem::remove(pair_.images + "/data.mdb");
  EXPECT_TRUE(mentions(refused(), "its journal does not know these records"));
}

TEST_F(DamagedPairTest, LabelsAheadOfImagesAreNoticed) {
  const Pair shorter = make_pair("shorter");
  write(shorter, kEvery);
  std::filesystem::copy(shorter.images + "/data.mdb", pair_.images + "/data.mdb",
                        std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(mentions(refused(), "its journal does not know these records"));
}

}  // namespace
}  // namespace caffe_multilabel
