// Why a file of a list is not where the root folder and the list say, as the end of a message.
#pragma once

#include <string>
#include <string_view>

namespace caffe_multilabel {

// What a list whose images are all missing most likely has wrong, told by the path of one; empty
// where nothing shows it. Looks for the file from the folders around `root`.
std::string missing_hint(const std::string& root, const std::string& path);

// A list leaves out blanks around a path, which may be part of its name. Empty where no file has
// them.
std::string blanks_hint(const std::string& root, std::string_view path);

}  // namespace caffe_multilabel
