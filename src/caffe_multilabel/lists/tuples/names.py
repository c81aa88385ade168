"""Names of columns in a list whose records have several images: NAME_1, ..., NAME_K.

Every label column of the images is there once for each of them, the paths as `path_1` and so on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["PATH_NAME", "image_count", "of_image"]

PATH_NAME = "path"


def of_image(name: str, image: int) -> str:
    """Return what a column is called for one of a record's images, which count from 0.

    Example:
        >>> of_image("person", 0)
        'person_1'
    """
    return f"{name}_{image + 1}"


def image_count(names: Collection[str]) -> int:
    """Tell how many images a record has by the names of a list's columns, the paths' included.

    Example:
        >>> image_count(["path_1", "path_2", "age_1"]), image_count(["path", "path_1"])
        (2, 1)
    """
    count = 0
    while of_image(PATH_NAME, count) in names:
        count += 1
    return max(count, 1)
