#include "record/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace caffe_multilabel {
namespace {

// The values were made with the `xxhash` package of Python, xxh3_128_hexdigest().
TEST(Digest, IsXxh3OfKeyZeroByteAndValueInCanonicalOrder) {
  const Digest digest = record_digest("00000000_a.jpg", "value");
  EXPECT_EQ(to_hex(digest), "c63e3ebb3e36f991555bb4a7853bac69");
}

TEST(Digest, OfARecordTellsWhereTheKeyEnds) {
  EXPECT_NE(record_digest("ab", "c"), record_digest("a", "bc"));
}

TEST(Digest, ChainsRecordsFromZeroBytes) {
  const Digest one = chain(Digest{}, record_digest("00000000_a.jpg", "value"));
  EXPECT_EQ(to_hex(one), "6024e5324281baedc314e07bd499ba47");
  const Digest two = chain(one, record_digest("00000001_b.jpg", ""));
  EXPECT_EQ(to_hex(two), "528532905164a003831581cfd5acba00");
}

TEST(Digest, ReadsItsOwnHex) {
  const Digest digest = record_digest("a", "b");
  EXPECT_EQ(from_hex(to_hex(digest)), digest);
}

TEST(Digest, RefusesTextThatIsNoHex) {
  EXPECT_FALSE(from_hex(""));
  EXPECT_FALSE(from_hex("99aa06d3014798d86001c324468d497"));
  EXPECT_FALSE(from_hex("99aa06d3014798d86001c324468d497f0"));
  EXPECT_FALSE(from_hex("99aa06d3014798d86001c324468d497g"));
  EXPECT_FALSE(from_hex("99AA06D3014798D86001C324468D497F"));
}

}  // namespace
}  // namespace caffe_multilabel
