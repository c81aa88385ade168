// Pairs written record by record, stopped and gone on with.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "pair/writer.h"
#include "record/key.h"
#include "store/lmdb.h"
#include "tests/support.h"

namespace caffe_multilabel {

inline constexpr uint64_t kEvery = PairWriter::kRecordsPerCommit;

// The folders of a pair.
struct Pair {
  std::string images;
  std::string labels;
};

class PairWriterFixture : public testing::Test {
 protected:
  Pair make_pair(const std::string& name) {
    return {directory_.folder(name + "_images"), directory_.folder(name + "_labels")};
  }

  // Takes records as a conversion would, from where the pair ends up to `end`. Without `finishes`
  // it stops there as a kill does.
  void write(const Pair& pair, uint64_t end, bool finishes = false) {
    PairWriter writer(pair.images, pair.labels, [] {});
    for (uint64_t index = writer.tally().next_index; index < end; ++index) {
      if (rejects_.count(index) > 0) {
        const std::string problem = "bad " + std::to_string(index);
        if (writer.is_known(index)) {
          ASSERT_NE(writer.known_reject(index), nullptr) << index;
          EXPECT_EQ(*writer.known_reject(index), problem);
        }
        writer.reject(index, problem);
        continue;
      }
      ASSERT_EQ(writer.known_reject(index), nullptr) << index;
      put(&writer, index);
    }
    if (!finishes) return;
    writer.finish();
    std::set<uint64_t> rejected;
    for (const Reject& reject : writer.rejects()) rejected.insert(reject.index);
    EXPECT_EQ(rejected, rejects_);
    EXPECT_EQ(writer.rejects().size(), rejects_.size());
    EXPECT_EQ(writer.tally().records, end - rejects_.size());
  }

  void put(PairWriter* writer, uint64_t index) {
    const std::string image(image_size_(index), static_cast<char>('a' + index % 26));
    PairRecord record;
    record.index = index;
    record.image_key = image_key(index, "x");
    record.label_key = label_key(index, "x");
    record.label_value = std::string(label_size_(index), 'l');
    record.label_digest = record_digest(record.label_key, record.label_value);
    if (!writer->is_known(index)) {
      record.image_value = image;
      record.image.lacked_end = index % 3 == 0;
      record.image_digest = record_digest(record.image_key, record.image_value);
    }
    writer->put(record);
  }

  // The pair that one run makes.
  Pair unbroken(uint64_t count) {
    const Pair pair = make_pair("unbroken");
    write(pair, count, true);
    return pair;
  }

  static void expect_same(const Pair& pair, const Pair& wanted) {
    EXPECT_TRUE(
        same_bytes(read_file(pair.images + "/data.mdb"), read_file(wanted.images + "/data.mdb")));
    EXPECT_TRUE(
        same_bytes(read_file(pair.labels + "/data.mdb"), read_file(wanted.labels + "/data.mdb")));
    EXPECT_EQ(read_file(pair.images + "/journal"), read_file(wanted.images + "/journal"));
  }

  static uint64_t committed(const std::string& folder) { return LmdbReader(folder).entries(); }

  TemporaryDirectory directory_;
  std::set<uint64_t> rejects_;
  std::function<size_t(uint64_t)> image_size_ = [](uint64_t index) { return 5 + index % 90; };
  std::function<size_t(uint64_t)> label_size_ = [](uint64_t) { return 30; };
};

}  // namespace caffe_multilabel
