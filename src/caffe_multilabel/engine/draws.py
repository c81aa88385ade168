"""What nets draw random numbers from: with a seed and on a CPU, the numbers that Caffe draws."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["DataSeeds", "Draws"]

_LEAST_SEED, _MOST_SEED = -(2**63), 2**64 - 1


class Draws:
    """A stream of random numbers that a net, or several nets in turn, draw from.

    Caffe has one generator for a process. A solver's nets draw from it one after the other: the
    train net as it is set up, then the test nets, then the layers of all of them as they run. So
    the order of layers, and of a layer's blobs, decides who gets which numbers.

    Fillers draw from Caffe's generator wherever the net is, for Caffe fills on the CPU with a GPU,
    too. Dropout does so on a CPU; elsewhere it has PyTorch's generator of the device, and other
    numbers than cuRAND gives Caffe.

    Copies and pickles go on where this one is, each for itself.

    Attributes:
        caffe: Caffe's generator.
    """

    def __init__(self, seed: int | None, device: torch.device) -> None:
        """Begin a stream.

        Args:
            seed: what it begins with; its last 32 bits count, as in Caffe. Another one each time
                if None.
            device: where the nets are that draw from it.

        Raises:
            OptionError: the seed is no whole number of at most 64 bits.
        """
        if seed is None:
            seed = secrets.randbits(32)
        seed = whole_number("seed", seed, _LEAST_SEED, _MOST_SEED) % 2**32
        self.caffe = _core.CaffeRandom(seed)
        self._elsewhere = None if device.type == "cpu" else torch.Generator(device)
        if self._elsewhere is not None:
            self._elsewhere.manual_seed(seed)

    def seed_if(self, wanted: bool) -> int | None:
        """Draw the seed of another generator where one is wanted."""
        return self.caffe.next() if wanted else None

    def mask(self, like: torch.Tensor, ratio: float) -> torch.Tensor:
        """Draw what Dropout multiplies values with.

        Args:
            like: the values.
            ratio: the share that is dropped.

        Returns:
            0 for what is dropped, 1 / (1 - ratio) for the rest.
        """
        if self._elsewhere is None:
            kept = np.empty(like.shape, np.uint8)
            # A double in Caffe, whatever its nets compute in.
            self.caffe.bernoulli(1 - ratio, kept, single=False)
            mask = torch.from_numpy(kept).to(like.dtype)
        else:
            mask = torch.bernoulli(torch.full_like(like, 1 - ratio), generator=self._elsewhere)
        return mask.mul_(1 / (1 - ratio))

    def state(self) -> dict[str, bytes]:
        """Return what the next numbers depend on, to be stored."""
        state = {"caffe": self.caffe.state()}
        if self._elsewhere is not None:
            state["device"] = self._elsewhere.get_state().numpy().tobytes()
        return state

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Go on from a state.

        One from a CPU leaves alone what Dropout draws on another device, and the other way round.

        Raises:
            OptionError: it is none; the stream is as it was.
        """
        before = self.caffe.state()
        try:
            self.caffe.set_state(state["caffe"])
            if self._elsewhere is not None and "device" in state:
                values = np.frombuffer(state["device"], np.uint8).copy()
                self._elsewhere.set_state(torch.from_numpy(values))
        except (KeyError, RuntimeError, TypeError) as error:
            self.caffe.set_state(before)
            raise OptionError("the state of a net's random numbers is damaged") from error


@dataclass(frozen=True, slots=True)
class DataSeeds:
    """What a data layer draws as it is set up; the numbers of its batches come from these alone.

    Each is None where the layer draws no such number.

    Attributes:
        transformer: the seed that crops and mirrors are drawn with.
        shuffle: that of the order of an ImageData layer's lines, or of a WindowData layer's windows
            and their mirrors.
        skip: of an ImageData layer, what modulo `rand_skip` is the number of lines to skip.
    """

    transformer: int | None = None
    shuffle: int | None = None
    skip: int | None = None

    @classmethod
    def draw(cls, draws: Draws, layer: LayerParameter, phase: Phase) -> DataSeeds:
        """Draw them in Caffe's order; see base_data_layer.cpp and data_transformer.cpp.

        A layer that reads ahead seeds its transformer twice, before and after its own set-up, of
        which the second counts, and then its thread, which draws nothing itself.

        Args:
            draws: what they are drawn from.
            layer: a Data, ImageData, MemoryData or WindowData layer; others draw none.
            phase: its phase.
        """
        transform = layer.transform_param
        crops = transform.crop_size > 0
        seeded = transform.mirror or (crops and phase == "TRAIN")
        shuffled = skips = False
        if layer.type == "ImageData":
            settings = layer.image_data_param
            shuffled, skips = settings.shuffle, settings.rand_skip != 0
        elif layer.type == "WindowData":
            shuffled = transform.mirror or crops
        first = draws.seed_if(seeded)
        if layer.type == "MemoryData":
            return cls(first)
        shuffle, skip = draws.seed_if(shuffled), draws.seed_if(skips)
        seeds = cls(draws.seed_if(seeded), shuffle, skip)
        draws.seed_if(True)
        return seeds
