"""The mean of an image DB: what `compute_image_mean` writes, and what `mean_value` wants."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import callback, database_path, instance_of, path_of
from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel.caffe.proto import blobs
from caffe_multilabel.data.manifest import stored_record_shape
from caffe_multilabel.tasks.record_shape import RecordShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["MeanReport", "compute_mean", "write_mean"]


@dataclass(frozen=True, slots=True, eq=False)
class MeanReport:
    """Mean and deviation of the images of a DB.

    Attributes:
        mean: float64 (C, H, W), the mean of each value; channels as in the DB, BGR.
        channel_means: float64 (C,), the mean of each channel over images and positions.
        channel_std: float64 (C,), the standard deviation of each channel's values, all of them
            taken as the population.
        count: number of records.
        images_per_record: images of each; the channels of an image follow those of the one before,
            and each has a mean of its own.
        ramps: whether the last two channels of each image are ramps, which hold places of pixels.

    Example:
        >>> from caffe_multilabel import compute_mean
        >>> report = compute_mean("train_images")
        >>> report.mean.shape, report.channel_means.round().tolist(), report.count
        ((3, 64, 64), [166.0, 166.0, 166.0], 90)
    """

    mean: NDArray[np.float64]
    channel_means: NDArray[np.float64]
    channel_std: NDArray[np.float64]
    count: int
    images_per_record: int = 1
    ramps: bool = False

    __repr__ = short_repr

    @property
    def mean_value_line(self) -> str:
        """The means of an image's channels of colour as a line for a task file.

        Of several images a record it is their mean; ramps are left out, as the generator takes
        nothing from them. Where a record is one image and nothing else, it is a line for a
        `transform_param` too.
        """
        means = self.channel_means
        colors = RecordShape(self.images_per_record, self.ramps).image_channels(len(means))
        if colors is not None:
            images = means.reshape(self.images_per_record, -1)
            means = images[:, :colors].mean(axis=0)
        return f"mean_value: [{', '.join(f'{mean:.6g}' for mean in means)}]"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-ready values; of the mean image its shape only."""
        return {
            "count": self.count,
            "shape": list(self.mean.shape),
            "channel_means": self.channel_means.tolist(),
            "channel_std": self.channel_std.tolist(),
        }


def compute_mean(
    images: StrPath,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> MeanReport:
    """Compute the mean image of an image DB, raw or encoded.

    Caffe's `compute_image_mean` adds up in float32; here sums are in double precision, and exact
    for bytes. The result is the same for any number of threads.

    Args:
        images: folder of the image DB.
        threads: None takes the CPUs this process may use.
        progress: called about ten times a second with (images looked at, images).

    Raises:
        DatabaseError: the DB cannot be opened, has no record or is a label DB by its manifest, or
            an image cannot be used or has another shape than the first; it is named.
        OptionError: `threads` is out of its range.

    Example:
        >>> from caffe_multilabel import compute_mean
        >>> compute_mean("train_images").mean_value_line
        'mean_value: [165.7..., 165.9..., 165.8...]'
    """
    directory = database_path("images", images)
    count, sums, squares = _core.sum_images(
        directory=os.fsencode(directory),
        threads=thread_count(threads),
        progress=callback("progress", progress),
    )
    channels = [
        _moments(plane.ravel(), square, count) for plane, square in zip(sums, squares, strict=True)
    ]
    means, deviations = np.array(channels).T
    record = stored_record_shape(directory) or RecordShape()
    return MeanReport(sums / count, means, deviations, count, record.images, record.ramps)


def write_mean(report: MeanReport, path: StrPath) -> None:
    """Write the mean image as a binaryproto, as `compute_image_mean` does.

    Raises:
        OutputError: the file cannot be written.
        OptionError: `report` is no report, or `path` no path.

    Example:
        >>> from caffe_multilabel import MultilabelDataset, compute_mean, write_mean
        >>> write_mean(compute_mean("train_images"), "mean.binaryproto")
        >>> data = MultilabelDataset("train_images", "train_labels")
        >>> images, labels = next(data.batches(90, mean_file="mean.binaryproto"))
        >>> bool(abs(images.mean()) < 0.001)
        True
    """
    instance_of("report", report, MeanReport, "a MeanReport, which compute_mean returns")
    blobs.write_mean(path_of("path", path), report.mean)


def _moments(sums: NDArray[np.float64], squares: float, count: int) -> tuple[float, float]:
    """Return mean and standard deviation of the values of a channel.

    Args:
        sums: of the values at each position.
        squares: sum of all squares.
        count: number of images.
    """
    values = count * sums.size
    if not (np.isfinite(sums).all() and math.isfinite(squares)):
        return math.nan, math.nan
    mean = Fraction(math.fsum(sums)) / values
    # E[x^2] - E[x]^2 in fractions, as most digits may cancel.
    variance = Fraction(squares) / values - mean**2
    return float(mean), math.sqrt(variance) if variance > 0 else 0.0
