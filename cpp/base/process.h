// Tells a child process from the one that made an object.
#pragma once

#include <sys/types.h>
#include <unistd.h>

namespace caffe_multilabel {

// A member of what must not be used across a fork: threads are gone there, and locks may be held
// for ever.
class OwnerProcess {
 public:
  bool is_this() const { return ::getpid() == process_; }

 private:
  pid_t process_ = ::getpid();
};

}  // namespace caffe_multilabel
