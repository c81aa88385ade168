"""What columns are: rules in files by subject, and the order in which they are asked.

A rule looks at the columns that are left and decides on those that it knows; the next rule sees
the others. So what is certain comes first, and the last rule takes whatever nobody knew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.lists.infer.rules import apart, classes, identity, numbers, places, yes_no
from caffe_multilabel.lists.infer.rules.making import each

if TYPE_CHECKING:
    from caffe_multilabel.lists.infer.rules.making import Rule

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    each(apart.constant),
    each(apart.file_name),
    apart.split,
    each(apart.date),
    each(apart.pixels),
    places.boxes,
    places.landmarks,
    places.image_size,
    each(apart.index),
    yes_no.one_hot,
    yes_no.three_valued,
    each(identity.identity),
    each(identity.origin),
    yes_no.attributes,
    places.vectors,
    classes.characters,
    classes.class_codes,
    each(apart.free_text),
    each(apart.several_labels),
    each(numbers.mostly_numbers),
    each(classes.class_words),
    each(classes.ranks),
    each(classes.class_numbers),
    each(numbers.real_numbers),
    each(numbers.whole_numbers),
    each(apart.unclear),
)
