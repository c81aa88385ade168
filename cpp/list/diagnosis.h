// What the text of a list that cannot be read most likely is.
#pragma once

#include <string>
#include <string_view>

#include "list/format.h"

namespace caffe_multilabel {

// Why `field` is no label of a list, and what to write instead, as the end of a message: "; ...".
// Empty where nothing is known of it. For fields that read as no float32.
std::string field_hint(std::string_view field);

// What a line that is no record is, where it is text of a known kind: JSON, UTF-16, a comment,
// fields with another separator. Empty where it is none. A line of a good list may look like some
// of them, so this is for lines that cannot be read.
std::string text_kind(std::string_view line, ListFormat format);

// Shows a line and says its kind, as the end of a message.
std::string text_hint(std::string_view line, std::string_view kind);

// The same of a first line in which no labels were found, whatever its kind; shows the field at its
// end that is no label. With `may_be_header` it can be a header that nobody told of.
std::string line_hint(std::string_view line, ListFormat format, bool may_be_header);

// What a first line of words may be, as the end of a message.
inline constexpr const char* kHeaderHint =
    "; if this line is a header, give --header=yes, header=\"yes\" in Python";

}  // namespace caffe_multilabel
