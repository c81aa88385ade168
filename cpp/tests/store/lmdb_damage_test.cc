// Folders and files that hold no whole LMDB.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "record/key.h"
#include "store/lmdb.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

class DamagedDatabaseTest : public testing::Test {
 protected:
  void write(uint64_t records) {
    LmdbWriter writer(directory_.path(), 1 << 20);
    for (uint64_t i = 0; i < records; ++i) writer.put(image_key(i, "x"), std::string(5000, 'v'));
    writer.commit();
  }

  Error opened() {
    return error_of([this] { const LmdbReader reader(directory_.path()); });
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_ / "data.mdb";
};

TEST_F(DamagedDatabaseTest, IsNamedWhereThereIsNone) {
  const Error error = opened();
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), directory_.path());
  EXPECT_TRUE(mentions(error.what(), "there is no data.mdb in it"));
}

TEST_F(DamagedDatabaseTest, CutOffIsRefused) {
  write(20);
  const uintmax_t whole = fs::file_size(file_);
  for (const uintmax_t size : {whole - 1, whole - 4096, whole / 2, uintmax_t{8192}}) {
    fs::resize_file(file_, size);
    const Error error = opened();
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    EXPECT_TRUE(mentions(error.what(), "is cut off, it has " + std::to_string(size)));
  }
}

TEST_F(DamagedDatabaseTest, CutInsideItsHeaderIsRefused) {
  write(20);
  for (const uintmax_t size : {4096, 100, 10, 1, 0}) {
    fs::resize_file(file_, size);
    EXPECT_EQ(opened().kind(), ErrorKind::kDatabase) << size;
  }
}

TEST_F(DamagedDatabaseTest, GarbageIsRefused) {
  for (const char byte : {'\0', 'x', '\xff'}) {
    write_file(file_, std::string(64 << 10, byte));
    EXPECT_EQ(opened().kind(), ErrorKind::kDatabase);
  }
}

TEST_F(DamagedDatabaseTest, GarbageIsNotWrittenTo) {
  const std::string garbage(64 << 10, 'x');
  write_file(file_, garbage);
  const Error error = error_of([&] { write(1); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_TRUE(same_bytes(read_file(file_), garbage));
}

TEST_F(DamagedDatabaseTest, FolderInPlaceOfTheFileIsRefused) {
  directory_.folder("data.mdb");
  EXPECT_EQ(opened().kind(), ErrorKind::kDatabase);
}

// Opening one for reading waits until somebody writes.
TEST_F(DamagedDatabaseTest, FifoInPlaceOfTheFileIsRefused) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  for (const Error& error : {opened(), error_of([&] { write(1); })}) {
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    EXPECT_EQ(error.path(), directory_.path());
    EXPECT_TRUE(mentions(error.what(), "data.mdb: is not a regular file"));
  }
}

TEST_F(DamagedDatabaseTest, WriterNamesAFolderThatIsNotThere) {
  const Error error = error_of([&] { const LmdbWriter writer(directory_ / "missing", 1); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), directory_ / "missing");
}

}  // namespace
}  // namespace caffe_multilabel
