#include "store/lmdb_check.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "record/key.h"
#include "store/lmdb.h"
#include "store/lmdb_file.h"
#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using lmdb_page::Header;
using lmdb_page::load;
using lmdb_page::Meta;
using lmdb_page::Node;

constexpr size_t kPage = 4096;
constexpr int kRecords = 60;

// The bytes of a file, with names for the places that are damaged.
class DatabaseImage {
 public:
  explicit DatabaseImage(std::string bytes) : bytes_(std::move(bytes)) {}

  const std::string& bytes() const { return bytes_; }
  uint64_t meta_page() const { return meta(1).transaction > meta(0).transaction ? 1 : 0; }
  uint64_t root() const { return meta(meta_page()).records.root; }
  uint64_t free_root() const { return meta(meta_page()).free.root; }
  // The first child of the root, a leaf.
  uint64_t leaf() const { return child(0); }
  uint64_t child(size_t entry) const { return node(root(), entry).size_low; }

  size_t node_at(uint64_t page, size_t entry) const {
    return page * kPage + load<uint16_t>(&bytes_[page * kPage + sizeof(Header) + 2 * entry]);
  }
  Node node(uint64_t page, size_t entry) const { return load<Node>(&bytes_[node_at(page, entry)]); }
  // Where the number of the first page of a large value stands.
  size_t value_at(uint64_t page, size_t entry) const {
    return node_at(page, entry) + sizeof(Node) + node(page, entry).key_size;
  }
  uint64_t large_page() const { return load<uint64_t>(&bytes_[value_at(leaf(), 0)]); }

  template <typename T>
  void change(size_t at, const std::function<void(T&)>& edit) {
    T value = load<T>(&bytes_[at]);
    edit(value);
    bytes_.replace(at, sizeof(T), reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void change_meta(const std::function<void(Meta&)>& edit) {
    change<Meta>(meta_page() * kPage + sizeof(Header), edit);
  }
  void change_header(uint64_t page, const std::function<void(Header&)>& edit) {
    change<Header>(page * kPage, edit);
  }
  void change_node(uint64_t page, size_t entry, const std::function<void(Node&)>& edit) {
    change<Node>(node_at(page, entry), edit);
  }
  void flip(size_t at, int bits) { bytes_[at] = static_cast<char>(bytes_[at] ^ bits); }

 private:
  Meta meta(uint64_t page) const { return load<Meta>(&bytes_[page * kPage + sizeof(Header)]); }

  std::string bytes_;
};

// Two pages deep, with large values, and free pages from its three commits.
std::string small_database() {
  const TemporaryDirectory directory;
  {
    LmdbWriter writer(directory.path(), 1 << 20);
    for (int i = 0; i < kRecords; ++i) {
      const size_t size = i % 20 == 0 ? 2 * kPage : 300;
      writer.put(image_key(static_cast<uint64_t>(i), "x"), std::string(size, 'v'));
      if (i % 20 == 19) writer.commit();
    }
  }
  return read_file(directory / "data.mdb");
}

class DatabaseCheckTest : public testing::Test {
 protected:
  // A new file each time: some file systems wait for the disk when an old one is replaced.
  void write(const DatabaseImage& image) {
    const std::string file = directory_ / "data.mdb";
    std::filesystem::remove(file);
    write_file(file, image.bytes());
  }

  // Touches every byte of every record, and finds each by its key. One after the other: two maps of
  // a size that a flipped bit made huge do not fit beside each other under ThreadSanitizer.
  size_t read_all() {
    std::vector<std::pair<std::string, std::string>> records;
    {
      LmdbReader reader(directory_.path());
      while (const auto record = reader.next()) records.emplace_back(record->key, record->value);
      EXPECT_EQ(records.size(), reader.entries());
    }
    const LmdbLookup lookup(directory_.path());
    for (const auto& [key, value] : records) EXPECT_EQ(lookup.find(key), value);
    return records.size();
  }

  TemporaryDirectory directory_;
  DatabaseImage image_{small_database()};
};

TEST_F(DatabaseCheckTest, LetsAWholeOnePass) {
  write(image_);
  EXPECT_EQ(read_all(), size_t{kRecords});
}

TEST_F(DatabaseCheckTest, LetsAnEmptyOnePass) {
  {
    const LmdbWriter writer(directory_.path(), 1 << 20);
  }
  EXPECT_EQ(LmdbReader(directory_.path()).entries(), 0U);
}

// LMDB does not write a page that was taken and given back in one transaction.
TEST_F(DatabaseCheckTest, LetsAFreePageBeMissingAtTheEnd) {
  uint64_t added = 0;
  image_.change_meta([&added](Meta& meta) { added = ++meta.last_page; });
  const size_t first_free = image_.value_at(image_.free_root(), 0) + sizeof(uint64_t);
  image_.change<uint64_t>(first_free, [added](uint64_t& page) { page = added; });
  write(image_);
  EXPECT_EQ(read_all(), size_t{kRecords});
}

TEST_F(DatabaseCheckTest, NamesFolderAndFile) {
  image_.change_meta([](Meta& meta) { meta.records.entries = 1000; });
  write(image_);
  const Error error = error_of([this] { check_pages(directory_.path() + "/data.mdb"); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), directory_.path());
  EXPECT_TRUE(mentions(error.what(), directory_ / "data.mdb: is damaged: page "));
}

struct Damage {
  const char* name;
  std::function<void(DatabaseImage&)> make;
  const char* message;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class DamageTest : public DatabaseCheckTest, public testing::WithParamInterface<Damage> {};

TEST_P(DamageTest, IsFound) {
  GetParam().make(image_);
  write(image_);
  const Error error = error_of([this] { check_pages(directory_.path() + "/data.mdb"); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_TRUE(mentions(error.what(), GetParam().message));
}

void edit_meta(DatabaseImage& image, void (*edit)(Meta&)) { image.change_meta(edit); }
void edit_leaf(DatabaseImage& image, void (*edit)(Header&)) {
  image.change_header(image.leaf(), edit);
}
void edit_root(DatabaseImage& image, void (*edit)(Header&)) {
  image.change_header(image.root(), edit);
}
void edit_node(DatabaseImage& image, void (*edit)(Node&)) {
  image.change_node(image.leaf(), 1, edit);
}
void edit_large(DatabaseImage& image, void (*edit)(Header&)) {
  image.change_header(image.large_page(), edit);
}

// clang-format off
const Damage kDamages[] = {
    {"NoPageSize", [](DatabaseImage& i) { i.change<Meta>(sizeof(Header), [](Meta& m) { m.free.page_size = 0; }); }, "gives 0 as the page size"},
    {"OtherPageSize", [](DatabaseImage& i) { i.change<Meta>(kPage + sizeof(Header), [](Meta& m) { m.free.page_size = 8192; }); }, "page 1 gives another page size"},
    {"SecondHeaderGone", [](DatabaseImage& i) { i.flip(kPage + sizeof(Header), 1); }, "page 1 is no header"},
    {"OtherVersion", [](DatabaseImage& i) { i.flip(sizeof(Header) + 4, 3); }, "is of version 2"},
    {"NoLmdb", [](DatabaseImage& i) { i.flip(sizeof(Header), 1); }, "is no LMDB"},
    {"LastPageBeyondTheFile", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.last_page += 100; }); }, "is cut off"},
    {"LastPageBeyondAllFiles", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.last_page = ~uint64_t{1}; }); }, "as the last page"},
    {"LastPageTooSmall", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.last_page = 2; }); }, "points to page"},
    {"SeveralValuesAKey", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.flags = 4; }); }, "that Caffe cannot read"},
    {"TooManyEntries", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.entries = 1000; }); }, "tells of 1000 records, there are 60"},
    {"TooFewEntries", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.entries = 1; }); }, "tells of 1 record, there are 60"},
    {"TooDeep", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.depth = 33; }); }, "33 pages deep"},
    {"DeeperThanItIs", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.depth = 3; }); }, "is no branch"},
    {"FlatterThanItIs", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.depth = 1; }); }, "is no leaf"},
    {"NoDepth", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.depth = 0; }); }, "below the depth of the tree"},
    {"NoRoot", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.root = ~uint64_t{0}; }); }, "without a root"},
    {"RootBeyondTheEnd", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.root = 1 << 20; }); }, "points to page 1048576"},
    {"RootIsAHeader", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.records.root = 0; }); }, "page 0 is used twice"},
    {"RootsAreOne", [](DatabaseImage& i) { edit_meta(i, [](Meta& m) { m.free = {m.free.page_size, m.free.flags, 2, 0, 0, 0, 60, m.records.root}; }); }, "is used twice"},
    {"LeafIsNoLeaf", [](DatabaseImage& i) { edit_leaf(i, [](Header& h) { h.flags = lmdb_page::kLarge; }); }, "is no leaf"},
    {"LeafOfFixedValues", [](DatabaseImage& i) { edit_leaf(i, [](Header& h) { h.flags |= 0x20; }); }, "is no leaf"},
    {"LeafOfOtherNumber", [](DatabaseImage& i) { edit_leaf(i, [](Header& h) { ++h.page; }); }, "has the number"},
    {"LeafIsEmpty", [](DatabaseImage& i) { edit_leaf(i, [](Header& h) { h.lower = 16; }); }, "has 0 entries"},
    {"LowerOverUpper", [](DatabaseImage& i) { edit_leaf(i, [](Header& h) { h.lower = kPage; }); }, "has its free space from"},
    {"UpperOverThePage", [](DatabaseImage& i) { edit_leaf(i, [](Header& h) { h.upper = kPage + 2; }); }, "has its free space from"},
    {"BranchOfOne", [](DatabaseImage& i) { edit_root(i, [](Header& h) { h.lower = 18; }); }, "has 1 entry"},
    {"BranchPointsToItself", [](DatabaseImage& i) { const uint64_t root = i.root(); i.change_node(root, 1, [root](Node& n) { n.size_low = static_cast<uint16_t>(root); }); }, "is used twice"},
    {"BranchPointsFarAway", [](DatabaseImage& i) { i.change_node(i.root(), 1, [](Node& n) { n.flags = 1; }); }, "points to page 4294967"},
    {"ChildrenSwapped", [](DatabaseImage& i) { const uint64_t second = i.child(1); i.change_node(i.root(), 1, [&](Node& n) { n.size_low = static_cast<uint16_t>(i.child(2)); }); i.change_node(i.root(), 2, [&](Node& n) { n.size_low = static_cast<uint16_t>(second); }); }, "has a key out of order"},
    {"KeysSwapped", [](DatabaseImage& i) { i.flip(i.node_at(i.leaf(), 1) + sizeof(Node), 0x40); }, "has a key out of order"},
    {"EntryOutsideThePage", [](DatabaseImage& i) { i.change<uint16_t>(i.leaf() * kPage + sizeof(Header), [](uint16_t& at) { at = kPage - 2; }); }, "has an entry that does not fit, number 0"},
    {"KeyOutsideThePage", [](DatabaseImage& i) { edit_node(i, [](Node& n) { n.key_size = 5000; }); }, "has an entry that does not fit, number 1"},
    {"NoKey", [](DatabaseImage& i) { edit_node(i, [](Node& n) { n.key_size = 0; }); }, "has an entry that does not fit, number 1"},
    {"ValueOutsideThePage", [](DatabaseImage& i) { edit_node(i, [](Node& n) { n.size_high = 1; }); }, "has an entry that does not fit, number 1"},
    {"SubDatabase", [](DatabaseImage& i) { edit_node(i, [](Node& n) { n.flags = 2; }); }, "holds another database"},
    {"LargeValueTooLong", [](DatabaseImage& i) { i.change_node(i.leaf(), 0, [](Node& n) { n.size_high = 0xffff; }); }, "points to a value at page"},
    {"LargeValueBeyondTheEnd", [](DatabaseImage& i) { i.flip(i.value_at(i.leaf(), 0) + 7, 0x80); }, "points to a value at page"},
    {"LargeValueInALeaf", [](DatabaseImage& i) { const uint64_t leaf = i.child(1); i.change<uint64_t>(i.value_at(i.leaf(), 0), [leaf](uint64_t& page) { page = leaf; }); }, "is not the begin of a large value"},
    {"LargeValueOfFewerPages", [](DatabaseImage& i) { edit_large(i, [](Header& h) { h.lower = 1; }); }, "is not the begin of a large value"},
    {"LargeValueOfMorePages", [](DatabaseImage& i) { edit_large(i, [](Header& h) { h.upper = 1; }); }, "is not the begin of a large value"},
    {"LargeValueOfOtherNumber", [](DatabaseImage& i) { edit_large(i, [](Header& h) { ++h.page; }); }, "is not the begin of a large value"},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Named, DamageTest, testing::ValuesIn(kDamages),
                         [](const auto& test) { return std::string(test.param.name); });

// Whatever a few bytes are changed to, the database is refused or can be read to its end.
TEST_F(DatabaseCheckTest, FlippedBytesNeverCrash) {
  constexpr int kRounds = 10000;
  std::mt19937 random(20240601);  // NOLINT: the same rounds each time
  const auto below = [&random](size_t bound) { return random() % bound; };
  const size_t pages = image_.bytes().size() / kPage;
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    DatabaseImage image = image_;
    for (size_t flips = 1 + below(6); flips > 0; --flips) {
      // Most of them in the first bytes of a page, where the numbers are.
      const size_t in_page = below(4) == 0 ? below(kPage) : below(160);
      image.flip(below(pages) * kPage + in_page, 1 + static_cast<int>(below(255)));
    }
    write(image);
    try {
      read_all();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
      ++refused;
    }
  }
  // Others change only values, or bytes that nobody uses.
  EXPECT_GT(refused, kRounds / 8);
  EXPECT_LT(refused, kRounds);
}

}  // namespace
}  // namespace caffe_multilabel
