// What the text of a list that cannot be read most likely is.
#pragma once

#include <string>
#include <string_view>

#include "list/format.h"

namespace caffe_multilabel {

// Why `field` is no label of a list, and what to write instead, as the end of a message: "; ...".
// Empty where nothing is known of it. For fields that read as no float32.
std::string field_hint(std::string_view field);

// The same of a line in which no labels were found: text of a known kind (JSON, UTF-16, a comment,
// another separator, a header) is named, and the line shown, or the field at its end that is none.
std::string line_hint(std::string_view line, ListFormat format);

}  // namespace caffe_multilabel
