"""The errors of this package, one base class and a subclass for each cause."""

from __future__ import annotations

__all__ = [
    "Cancelled",
    "DatabaseError",
    "Error",
    "ExtraError",
    "ImageError",
    "ListError",
    "OptionError",
    "OutputError",
    "PrototxtError",
    "TaskFileError",
]


class Error(Exception):
    """Base of every error this package raises on bad input or a failed job.

    Attributes:
        message: what is wrong, where, and what is allowed, in one or a few lines.
        path: the file or folder concerned, or None.
        line: the 1-based line in `path`, or None.
        key: the record key or the key in a task file concerned, or None.

    Example:
        >>> from caffe_multilabel import Error, convert
        >>> try:
        ...     report = convert("list.txt", images="image_db", labels="label_db")
        ... except Error as error:
        ...     print(error)
        list.txt: No such file or directory
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.key = key


class OptionError(Error, ValueError):
    """An option or argument is out of its range or does not go with another.

    Example:
        >>> from caffe_multilabel import compute_mean
        >>> compute_mean("train_images", threads=0)
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.OptionError: threads is 0, must be 1 or more
    """


class ListError(Error, ValueError):
    """A list of images holds lines that do not fit; the first ones are in the message.

    Example:
        >>> from caffe_multilabel import load_records
        >>> load_records([("a.jpg", [1, 2]), ("b.jpg", [3])])
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.ListError: labels must be numbers, as many for each record
    """


class ImageError(Error):
    """An image cannot be read, and the caller asked to stop at the first such one.

    Example:
        >>> from caffe_multilabel import convert
        >>> convert([("no.jpg", [1])], images="image_db", labels="label_db", on_bad_image="fail")
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.ImageError: line 1, no.jpg: No such file or directory
    """


PictureError = ImageError
"""The old name, for programs that catch it."""


class DatabaseError(Error):
    """An LMDB cannot be opened, read or written.

    Example:
        >>> from caffe_multilabel import compute_mean
        >>> compute_mean("images")
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.DatabaseError: images: is no LMDB (there is no data.mdb in it)
    """


class OutputError(Error):
    """A target exists, is in use, cannot be made, or does not fit on the disk.

    Example:
        >>> from caffe_multilabel import convert
        >>> convert("train.txt", images="train_images", labels="train_labels")
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.OutputError: train_images: exists; ...
    """


class Cancelled(Error):  # noqa: N818  (the word users look for)
    """The job was stopped from outside before it ended; it can be resumed.

    Example:
        >>> from caffe_multilabel import convert
        >>> def stop(progress):
        ...     return False
        >>> convert("train.txt", images="image_db", labels="label_db", progress=stop)
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.Cancelled: the progress callback asked to stop
    """


class ExtraError(Error, ImportError):
    """A library that an extra brings along is not installed; `key` is its name.

    Example:
        >>> try:
        ...     from caffe_multilabel.engine import Net
        ... except ImportError:  # an ExtraError, which names the extra
        ...     Net = None
    """


class TaskFileError(Error, ValueError):
    """A task file has a wrong key or value; `key` names it, as in `tasks[2].loss_weight`.

    Example:
        >>> from caffe_multilabel import load_tasks
        >>> load_tasks({"tasks": [{"name": "color", "loss": "softmax"}]})
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.TaskFileError: tasks: tasks[0].classes: missing; ...
    """


class PrototxtError(Error, ValueError):
    """A prototxt or caffemodel cannot be parsed, or a net in it does not fit together.

    Attributes:
        index: the index in `net.layer` of the layer that does not fit, or None. Its name, the
            `key`, may be that of other layers too.

    Example:
        >>> from caffe_multilabel import read_net
        >>> read_net("tasks.yaml")
        Traceback (most recent call last):
            ...
        caffe_multilabel.errors.PrototxtError: tasks.yaml:2:7: Expected string ...; write "shapes"
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        key: str | None = None,
        index: int | None = None,
    ) -> None:
        super().__init__(message, path=path, line=line, key=key)
        self.index = index
