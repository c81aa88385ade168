// What the text of a list that cannot be read most likely is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "list/format.h"

namespace caffe_multilabel {

// Why `field` is no label of a list, and what to write instead, as the end of a message: "; ...".
// Empty where nothing is known of it. For fields that read as no float32.
std::string field_hint(std::string_view field);

// What a word of yes or no says, whatever its case: "true" and "false", "yes" and "no", "Y" and
// "N", in Chinese 是 and 否, 有 and 无. The one place that knows these words, for Python too.
std::optional<bool> read_truth(std::string_view field);

// The longest text that says that nothing is known of a label.
inline constexpr size_t kLongestUnknown = 5;

// Whether a field says that nothing is known: nothing at all, "?", "-", "NA", "nan", "null" and the
// like, whatever their case. Likewise the one place that knows them.
bool is_unknown(std::string_view field);

// Whether a field that is no label may be the name of a class: a word, of which field_hint() knows
// nothing else.
bool is_class_name(std::string_view field);

// What a list with such fields takes.
inline constexpr const char* kNamesHint =
    "names of classes need a task file (--tasks), which 'caffe-multilabel tasks' makes of a list";

// What a number too large for an index may be, as the end of a message.
inline constexpr const char* kNumbersHint =
    "; numbers may be the names of classes, as in classes: [1354, 1366], which 'caffe-multilabel "
    "tasks' writes of a list";

// What a line that is no record is, where it is text of a known kind: JSON, UTF-16, a comment,
// fields with another separator. Empty where it is none. A line of a good list may look like some
// of them, so this is for lines that cannot be read.
std::string text_kind(std::string_view line, ListFormat format);

// Whether a line is one whole number and nothing else.
bool is_number_alone(std::string_view line);

// Where fields that are rows of bits, as "10101", would make `wanted` labels of `fields` if they
// were parted: what to do, as the end of a message. Empty where they would not.
std::string bits_hint(const std::vector<std::string_view>& fields, size_t wanted);

// What such a line is in front of a list, as the end of a message.
inline constexpr const char* kCountHint =
    "; a number alone is no record: CelebA's lists begin with their count and a line of names, "
    "which "
    "must be left out";

// Shows a line and says its kind, as the end of a message.
std::string text_hint(std::string_view line, std::string_view kind);

// The same of a first line in which no labels were found, whatever its kind; shows the field at its
// end that is no label. With `may_be_header` it can be a header that nobody told of.
std::string line_hint(std::string_view line, ListFormat format, bool may_be_header);

// A path that ends in a separator, or holds the end of another line, says that more than blanks
// parts the fields.
std::optional<std::string> separator_problem(std::string_view path);

// A path that ends in a number, with a point or a decimal comma, is a line with a label too many,
// or a name that only a tab or CSV list can tell from one.
std::optional<std::string> trailing_label(std::string_view path);

// What a path is that goes on behind the name of an image, as the end of a message: "a.jpg red" of
// "a.jpg red 1" has the name of a class in it. Empty where it ends as paths do.
std::string class_in_path_hint(std::string_view path);

// What a path that finds nothing has in it that is not of a path, as the end of a message: quotes,
// a number, or the name of a class.
std::string strange_path_hint(std::string_view path);

// Of a header that has as many names as there are labels.
inline constexpr const char* kPathNameHint =
    "; if all of them name labels, put a name for the paths in front";

// What a first line of words may be, as the end of a message.
inline constexpr const char* kHeaderHint =
    "; if this line is a header, give --header=yes, header=\"yes\" in Python";

}  // namespace caffe_multilabel
