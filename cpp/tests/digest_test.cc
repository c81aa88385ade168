#include "digest.h"

#include <gtest/gtest.h>

#include <string>

namespace caffe_multilabel {
namespace {

// Made with the `xxhash` package of Python, xxh3_128_hexdigest().
TEST(Digest, IsXxh3OfTheBytesInCanonicalOrder) {
  EXPECT_EQ(to_hex(hash_bytes("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(to_hex(hash_bytes("a")), "a96faf705af16834e6c632b61e964e1f");
  EXPECT_EQ(to_hex(hash_bytes("abc")), "06b05ab6733a618578af5f94892f3950");
  EXPECT_EQ(to_hex(hash_bytes(std::string(1000, 'x'))), "50a1af5a5f2dcf01c0a4877b962cba82");
}

TEST(Digest, OfARecordHasAZeroByteBetweenKeyAndValue) {
  const Digest digest = record_digest("00000000_a.jpg", "value");
  EXPECT_EQ(to_hex(digest), "c63e3ebb3e36f991555bb4a7853bac69");
  EXPECT_EQ(digest, hash_bytes(std::string("00000000_a.jpg\0value", 20)));
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
  const Digest digest = hash_bytes("a");
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
