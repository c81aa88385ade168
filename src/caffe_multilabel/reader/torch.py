"""A pair of LMDBs as a PyTorch data set; the only module that imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch.utils.data import Dataset

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel.reader.dataset import MultilabelDataset
from caffe_multilabel.reader.transform import transform_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from caffe_multilabel.reader import TransformKeywords

__all__ = ["TorchDataset"]

Sample: TypeAlias = "tuple[torch.Tensor, Any]"


class TorchDataset(Dataset[Sample]):
    """Transformed images with labels as tensors, for a `DataLoader`.

    The loader's workers, forked or spawned, each read the LMDBs themselves; a batch is read,
    decoded and transformed in one call. Crops and mirroring draw their seed from torch's
    generator, so `torch.manual_seed` decides them, and they are others in each worker and epoch.

    For images as they are stored, uint8, give a `MultilabelDataset` to the loader itself.

    Example:
        >>> from caffe_multilabel import MultilabelDataset, TorchDataset
        >>> from torch.utils.data import DataLoader
        >>> data = MultilabelDataset("train_images", "train_labels")
        >>> loader = DataLoader(TorchDataset(data, scale=1 / 256), batch_size=32)
        >>> images, labels = next(iter(loader))
        >>> images.shape, labels["kind"].dtype
        (torch.Size([32, 3, 64, 64]), torch.int64)
    """

    def __init__(self, data: MultilabelDataset, **transform: Unpack[TransformKeywords]) -> None:
        """Wrap a dataset.

        Args:
            data: the pair, or a slice of it.
            **transform: `phase`, `crop_size`, `mirror`, `mean_value`, `mean_file`, `scale`,
                `force_color` and `force_gray` of `MultilabelDataset.batches`.

        Raises:
            OptionError: `data` is of another type, or a keyword is out of its range or does not go
                with another.
            PrototxtError: the mean file cannot be read.
        """
        # What is wrong is to be found here, not in a worker.
        self.data = instance_of("data", data, MultilabelDataset, "a MultilabelDataset")
        options = transform_options(**transform)
        self._transform = transform
        if options["mean"] is not None:
            self._transform["mean_file"] = options["mean"]  # read once, not for each batch
        crops = options["train"] and options["crop_size"]
        self._is_random = bool(crops or options["mirror"])

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.data)

    def __getitem__(self, index: int) -> Sample:
        """Return a float32 image (C, H, W) and its labels.

        With tasks these are a dict of an int64 tensor () for each class and a float32 tensor (k,)
        for each other task, else a float32 tensor (L,).

        Raises:
            IndexError: there is no such record.
            DatabaseError: the record cannot be used; it is named.
        """
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Sample]:
        """Return many records at once, which a `DataLoader` asks for if it can.

        Their images must come out equally large, as in a batch.
        """
        if not len(indices):
            return []
        seed = int(torch.randint(2**32, ())) if self._is_random else 0
        batches = self.data.batches(
            len(indices), indices=indices, threads=1, seed=seed, **self._transform
        )
        images, labels = next(batches)
        pixels = torch.from_numpy(images)
        if isinstance(labels, dict):
            tensors = {name: torch.from_numpy(values) for name, values in labels.items()}
            rows = [{name: t[row] for name, t in tensors.items()} for row in range(len(pixels))]
            return list(zip(pixels, rows, strict=True))
        return list(zip(pixels, torch.from_numpy(labels), strict=True))
