#include "pair/journal.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

JournalEntry entry(uint64_t records) {
  JournalEntry entry;
  entry.tally = {records + 2,
                 records,
                 3,
                 4,
                 7,
                 8,
                 5,
                 6,
                 record_digest("images", ""),
                 record_digest("labels", ""),
                 {3, 256, 128}};
  entry.rejects = {{records, "is empty"}, {records + 1, "is a directory"}};
  return entry;
}

void expect_equal(const JournalEntry& a, const JournalEntry& b) {
  EXPECT_EQ(a.tally.next_index, b.tally.next_index);
  EXPECT_EQ(a.tally.records, b.tally.records);
  EXPECT_EQ(a.tally.passed_through, b.tally.passed_through);
  EXPECT_EQ(a.tally.reencoded, b.tally.reencoded);
  EXPECT_EQ(a.tally.without_end_marker, b.tally.without_end_marker);
  EXPECT_EQ(a.tally.from_floats, b.tally.from_floats);
  EXPECT_EQ(a.tally.image_bytes, b.tally.image_bytes);
  EXPECT_EQ(a.tally.label_bytes, b.tally.label_bytes);
  EXPECT_EQ(a.tally.images, b.tally.images);
  EXPECT_EQ(a.tally.labels, b.tally.labels);
  EXPECT_EQ(a.tally.first_shape, b.tally.first_shape);
  ASSERT_EQ(a.rejects.size(), b.rejects.size());
  for (size_t i = 0; i < a.rejects.size(); ++i) {
    EXPECT_EQ(a.rejects[i].index, b.rejects[i].index);
    EXPECT_EQ(a.rejects[i].problem, b.rejects[i].problem);
  }
}

class JournalTest : public testing::Test {
 protected:
  // The journal of two entries, less `missing` bytes at its end.
  size_t entries_without(size_t missing) {
    const std::string whole = read_file(path_);
    write_file(path_, whole.substr(0, whole.size() - missing));
    const size_t entries = journal_.read().size();
    write_file(path_, whole);
    return entries;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "journal";
  Journal journal_{path_};
};

TEST_F(JournalTest, IsEmptyWithoutAFile) { EXPECT_TRUE(journal_.read().empty()); }

TEST_F(JournalTest, GivesBackWhatWasAppended) {
  journal_.append(entry(1000));
  journal_.append(entry(2000));
  const auto entries = Journal(path_).read();
  ASSERT_EQ(entries.size(), 2U);
  expect_equal(entries[0], entry(1000));
  expect_equal(entries[1], entry(2000));
}

TEST_F(JournalTest, KeepsNumbersAbove32Bits) {
  JournalEntry large = entry(1);
  large.tally.image_bytes = UINT64_MAX;
  journal_.append(large);
  EXPECT_EQ(journal_.read().at(0).tally.image_bytes, UINT64_MAX);
}

TEST_F(JournalTest, TornLastLineIsNoEntry) {
  journal_.append(entry(1000));
  const size_t line = read_file(path_).size();
  journal_.append(entry(2000));
  for (size_t missing = 2; missing < line; missing += 9) EXPECT_EQ(entries_without(missing), 1U);
  EXPECT_EQ(entries_without(line), 1U);
  EXPECT_EQ(entries_without(line + 1), 1U);
}

TEST_F(JournalTest, NothingCountsBehindABadLine) {
  journal_.append(entry(1000));
  const std::string good = read_file(path_);
  for (const char* bad : {"garbage\n", "\n", "{}\n", "[]\n", "{\"records\": \"many\"}\n"}) {
    write_file(path_, good + bad + good);
    EXPECT_EQ(journal_.read().size(), 1U) << bad;
  }
}

TEST_F(JournalTest, TakesAnyBytesForAReason) {
  JournalEntry odd = entry(1);
  odd.rejects = {{0, "\xff\xfe \"quoted\" \n"}};
  journal_.append(odd);
  journal_.append(entry(2));
  ASSERT_EQ(journal_.read().size(), 2U);
  EXPECT_TRUE(mentions(journal_.read()[0].rejects[0].problem, "\"quoted\" \n"));
}

TEST_F(JournalTest, IsReplacedAsAWhole) {
  journal_.append(entry(1000));
  journal_.append(entry(2000));
  journal_.replace_all({entry(1000)});
  ASSERT_EQ(journal_.read().size(), 1U);
  journal_.append(entry(3000));
  EXPECT_EQ(journal_.read().at(1).tally.records, 3000U);
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{"journal"});
}

TEST_F(JournalTest, SaysThatItCannotBeWritten) {
  Journal journal(directory_ / "missing/journal");
  EXPECT_EQ(error_of([&] { journal.append(entry(1)); }).kind(), ErrorKind::kOutput);
  EXPECT_EQ(error_of([&] { journal.replace_all({}); }).kind(), ErrorKind::kOutput);
  Journal full("/dev/full");
  const Error error = error_of([&] { full.append(entry(1)); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_TRUE(mentions(error.what(), "/dev/full: No space left on device"));
}

}  // namespace
}  // namespace caffe_multilabel
