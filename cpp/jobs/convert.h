// The conversion of a list of images with labels to a pair of LMDBs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "image/record_builder.h"
#include "list/record_list.h"
#include "pair/manifest.h"
#include "pair/target.h"

namespace caffe_multilabel {

struct ConvertOptions {
  std::string root;  // put before each path of the list
  TargetOptions target;
  ImageOptions image;

  bool shuffle = false;
  uint64_t seed = 0;
  // All images must have the same size; the first that differs is an Error(kImage).
  bool check_size = false;
  // Shape of a label Datum; its size is the label count. All 0 is N x 1 x 1.
  Shape label_shape;

  // Stop at the first image that cannot be read instead of rejecting it.
  bool fail_on_bad_image = false;
  // Stop once this many were rejected; 0 is no limit.
  uint64_t max_bad = 0;

  size_t threads = 1;
  // Convert even if the pair looks too large for the disk.
  bool ignore_free_space = false;
  // JSON text put into the manifest as it is: the tasks the labels were checked against, or "null".
  std::string label_schema = "null";
  // Both Datums of a record hold its number, modulo 2^20, as their label, so that a net can show
  // that images and labels are of the same record.
  bool canary = false;
  // Names of the label columns, when the list has a header; for the manifest.
  std::vector<std::string> label_names;
};

struct ConvertProgress {
  // Of the list, those of an earlier, resumed run included; 0 while what that run left is checked.
  uint64_t done = 0;
  uint64_t total = 0;
  uint64_t rejected = 0;
  uint64_t resumed = 0;  // where this run began
};

// Called on the thread that called convert(), about ten times a second. May throw to stop.
using ConvertCallback = std::function<void(const ConvertProgress&)>;

struct ConvertReport {
  uint64_t total = 0;
  uint64_t converted = 0;
  uint64_t rejected = 0;
  uint64_t passed_through = 0;  // stored as the file's own bytes
  uint64_t reencoded = 0;
  uint64_t without_end_marker = 0;  // JPEGs of the pair whose data is whole
  uint64_t from_floats = 0;         // images of the pair whose files hold floats
  uint64_t other_sizes = 0;         // images of this run of another size than the pair's first
  uint64_t resumed_at = 0;          // list position where this run began; 0 for an unbroken one
  bool already_complete = false;    // resume found the pair finished
  uint64_t image_bytes = 0;         // sum of values
  uint64_t label_bytes = 0;
  double seconds = 0;        // the sync to the disk included
  std::string rejects_path;  // empty when nothing was rejected
};

// What decides the bytes of the pair that convert() makes.
Job describe_job(const RecordList& records, const ConvertOptions& options);

// Converts and publishes the pair. Throws Error; then nothing is published, and what was committed
// stays for a run with `resume`.
//
// The same list and options give the same bytes in both data.mdb for any number of threads, and
// for any number of interruptions.
ConvertReport convert(const RecordList& records, const ConvertOptions& options,
                      const ConvertCallback& progress);

}  // namespace caffe_multilabel
