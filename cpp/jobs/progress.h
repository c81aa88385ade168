// How a job tells its caller how far it is.
#pragma once

#include <cstdint>
#include <functional>

namespace caffe_multilabel {

// (done, total) records, on the thread that called the job, now and then and at the end; may be
// empty. What it throws stops the job and comes out of it.
using JobProgress = std::function<void(uint64_t, uint64_t)>;

}  // namespace caffe_multilabel
