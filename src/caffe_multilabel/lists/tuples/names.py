"""Names of columns in a list whose records have several images: NAME_1, ..., NAME_K.

Every label column of the images is there once for each of them, the paths as `path_1` and so on.
What is said of the record as a whole, for the loss of its pair or triplet, has one column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from caffe_multilabel.labels.schema import image_name

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["MARGIN_NAME", "PATH_NAME", "SAME_NAME", "image_count", "path_names"]

PATH_NAME: Final = "path"

SAME_NAME: Final = "same"
"""Of a pair: 1 where its images are of one identity, else 0."""

MARGIN_NAME: Final = "margin"
"""Of a triplet: by how much its negative is to be farther from the anchor than its positive."""


def path_names(images: int) -> list[str]:
    """Return what a header calls the paths of a record's images.

    Example:
        >>> path_names(2)
        ['path_1', 'path_2']
    """
    return [image_name(PATH_NAME, image) for image in range(images)]


def image_count(names: Collection[str]) -> int:
    """Tell how many images a record has by the names of a list's columns, the paths' included.

    Example:
        >>> image_count(["path_1", "path_2", "age_1"]), image_count(["path", "path_1"])
        (2, 1)
    """
    count = 0
    while image_name(PATH_NAME, count) in names:
        count += 1
    return max(count, 1)
