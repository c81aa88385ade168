// LMDB trusts the pages of its file: a wrong number in one sends it past the end of the map, which
// kills the process. So the tree is walked here first, with every number checked before it is used.
#pragma once

#include <string>

namespace caffe_multilabel {

// A value too large for its page has pages of its own, and the first of them a header.
enum class LargeValues {
  kHeaders,  // read that header: one read of 16 bytes a value, for files whose values are read
  kPlaces,   // check only that the pages are there, which is all LMDB needs to read them
};

// Checks all that LMDB goes by in `file`, a data.mdb of LMDB 0.9 from a 64-bit little-endian
// machine: the header, every page of the tree of records and of the tree of free pages, the order
// of the keys and their number. What the values hold is not looked at. Without LMDB's own code, and
// from the header that LMDB would choose.
//
// Throws Error(kDatabase) "<file>: is damaged: page N ..." at the first fault; also for files that
// are cut off or no LMDB, and for kinds of database that Caffe does not write: several in one file,
// several values a key, other orders of the keys.
void check_pages(const std::string& file, LargeValues large = LargeValues::kHeaders);

}  // namespace caffe_multilabel
