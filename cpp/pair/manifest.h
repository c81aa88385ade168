// manifest.json, written into both DBs of a pair. Caffe does not look at it.
#pragma once

#include <string>

#include "jobs/convert.h"
#include "pair/journal.h"

namespace caffe_multilabel {

// The number in "format". Manifests with a higher one are taken for none of ours.
inline constexpr int kManifestFormat = 1;

// What decides the bytes of a pair, as JSON text: the options and the list, but not the number of
// threads or what to do about errors. Two runs with the same job may continue each other.
std::string describe_job(const RecordList& records, const ConvertOptions& options);

// The whole manifest: the job, what came of it, and the versions of the libraries that decode.
// `role` is "images" or "labels".
std::string make_manifest(const std::string& job, const Tally& tally, uint64_t rejected,
                          const std::string& role);

// The digests of what a conversion wrote: the same in both manifests of a pair, also where its
// labels were made anew since. Empty when `manifest` is none of ours.
std::string pair_identity(const std::string& manifest);

// The digests of the image records and of the label records that are there now.
std::string record_digests(const std::string& manifest);

// The sums in a manifest. Throws Error(kDatabase) when it is none of ours.
ConvertReport report_of(const std::string& manifest);

// Names the first option in which two jobs differ, "gray is true, was false"; empty when they do
// not.
std::string job_difference(const std::string& before, const std::string& now);

// The job inside a manifest.
std::string job_of(const std::string& manifest);

// Versions of this tool and of the libraries that decide pixels and bytes, as JSON text.
std::string build_info();

}  // namespace caffe_multilabel
