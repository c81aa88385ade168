"""A Caffe net that runs in PyTorch, layer by layer, forward and backward."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from caffe_multilabel._base.arguments import items_of
from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel.caffe.net_state import NetState
from caffe_multilabel.caffe.proto import read_net
from caffe_multilabel.caffe.proto.checks import check_message
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.engine.assembly import assemble, open_feeds, refuse_types
from caffe_multilabel.engine.blame import name_record
from caffe_multilabel.engine.debug_info import backward_lines, forward_lines, params_line
from caffe_multilabel.engine.draws import Draws
from caffe_multilabel.engine.given import (
    given_shape,
    given_values,
    input_name,
    layer_index,
    memory_layer,
)
from caffe_multilabel.engine.layers.labels import LabelError
from caffe_multilabel.engine.learnable import learnable_blobs
from caffe_multilabel.engine.place import Place, place_of, plain_tensors
from caffe_multilabel.engine.weights import copy_weights, save_weights, share_weights
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.engine.blob import Blob
    from caffe_multilabel.engine.learnable import LearnableBlob
    from caffe_multilabel.engine.step import Step
    from caffe_multilabel.engine.weights import CopiedWeights

__all__ = ["Net"]

_LOG = logging.getLogger("caffe_multilabel.engine")


class Net:
    """A net in one phase, with its blobs and weights, as Caffe's `Net`.

    It is the net that Caffe makes of the file: layers chosen by the state, Split layers put in,
    weights filled. Each call leaves every blob's data and diff as Caffe would, wrong gradients of
    layers in place included; `caffe-multilabel lint` finds those. `copy.deepcopy` and pickles take
    all of that along: weights, blobs, states and what is drawn next.

    Attributes:
        name: the net's name.
        phase: its phase.
        blobs: every blob by its name, those of Split layers too, in the order they are made in.
        params: the weights of each layer that has some, by its name.
        inputs: the names of the blobs that the caller feeds.
        outputs: the names of the blobs that no layer reads, in alphabetical order.
        loss_weights: the weight of each blob in the loss, by its name; of losses only.
        learnable: the weights that a solver learns, each blob once, in the order of the net.
        dtype: the kind of its numbers.
        loss: the weighted sum of losses that the last forward pass went by.
        new_message: makes a message with its name and in its schema, without layers.
        debug_info: whether each pass logs means of absolute values, layer by layer, in Caffe's
            words, to the logger `caffe_multilabel.engine`; at first what the file says.

    Example:
        >>> import numpy as np
        >>> from caffe_multilabel.engine import Net
        >>> net = Net("deploy.prototxt")
        >>> scores = net.forward(data=np.zeros((1, 3, 64, 64)))
        >>> scores["color"].shape
        torch.Size([1, 8])
    """

    def __init__(
        self,
        net: StrPath | NetParameter,
        weights: StrPath | None = None,
        *,
        phase: Phase = "TEST",
        stages: Iterable[str] = (),
        level: int = 0,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
        seed: int | None = None,
        threads: int | None = None,
    ) -> None:
        """Set a net up.

        Args:
            net: a prototxt, or its message in the current format, as `read_net` gives it.
            weights: a file of weights to begin with; see `copy_from`.
            phase: the phase.
            stages: stages of the state.
            level: the level of the state.
            device: where its tensors are, as in torch.
            dtype: `torch.float32`, as Caffe's, or `torch.float64`.
            seed: what fillers and Dropout draw from, as `random_seed` of a solver; its last 32 bits
                count. Another one each time if None. On a CPU the numbers are those that Caffe
                draws of it; on another device those of fillers are.
            threads: how many threads decode images ahead of the net, all CPUs if None; its data
                layers share them, and other nets of the process. What comes out does not depend on
                it.

        Raises:
            PrototxtError: a file cannot be read, or Caffe would not set the net up, or a layer has
                a type that the engine does not run.
            DatabaseError: a database of a data layer is damaged.
            ListError: a list of images or a window file does not fit.
            ImageError: the first image of a list cannot be read.
            OptionError: an argument is out of its range, or there is no such device.
            Error: h5py is not installed, for weights in HDF5 or an HDF5Output layer.
        """
        path = str(net) if isinstance(net, (str, os.PathLike)) else None
        message = read_net(net) if isinstance(net, (str, os.PathLike)) else net
        check_message("net", message, "NetParameter")
        stages = tuple(items_of("stages", stages, "names of stages"))
        place = place_of(device, dtype)
        self._set_up(
            message,
            NetState(phase, stages, level),
            path=path,
            place=place,
            draws=Draws(seed, place.device),
            threads=thread_count(threads),
        )
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def of_state(
        cls,
        message: NetParameter,
        state: NetState,
        *,
        path: str | None,
        place: Place,
        draws: Draws,
        threads: int,
    ) -> Net:
        """Set a net up for a solver, whose nets draw from one generator, one after the other."""
        net = cls.__new__(cls)
        net._set_up(  # noqa: SLF001  (it is of this class)
            message, state, path=path, place=place, draws=draws, threads=threads
        )
        return net

    def _set_up(
        self,
        message: NetParameter,
        state: NetState,
        *,
        path: str | None,
        place: Place,
        draws: Draws,
        threads: int,
    ) -> None:
        self._path = path
        self.name = str(message.name)
        self.new_message = partial(type(message), name=self.name)
        self.phase: Phase = state.phase
        self.dtype = place.dtype
        self.loss = 0.0
        self.debug_info = bool(message.debug_info)
        with _naming(path):
            refuse_types(message, state)
            feeds = open_feeds(message, state, threads)
            infer_shapes(
                message,
                state.phase,
                stages=state.stages,
                level=state.level,
                data_shapes=feeds.data_shapes,
            )
            made = assemble(message, state, place, draws, feeds)
        self.blobs: Mapping[str, Blob] = made.blobs
        self.params: Mapping[str, tuple[Blob, ...]] = {
            step.name: step.layer.setup.blobs for step in made.steps if step.layer.setup.blobs
        }
        self.inputs = made.inputs
        self.outputs = made.outputs
        self._steps = made.steps
        self.loss_weights: Mapping[str, float] = {
            name: weight
            for step in made.steps
            for name, weight in zip(step.top_names, step.loss_weights, strict=True)
            if weight
        }
        self.learnable: tuple[LearnableBlob, ...] = learnable_blobs(made.steps)

    @property
    def steps(self) -> Sequence[Step]:
        """Its layers at work, in their order, those that Caffe puts in among them."""
        return self._steps

    def forward(
        self,
        /,
        start: str | None = None,
        end: str | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> dict[str, torch.Tensor]:
        """Run the layers, or some of them.

        Args:
            start: the name of the first layer to run; the net's first if None.
            end: the name of the last one; the net's last if None.
            inputs: values for inputs of the net by name, each of the shape of its blob. That way
                inputs named `start`, `end` or `inputs` can be fed, too.
            **named: the same, an argument for each input.

        Returns:
            The data of the net's outputs, or of the tops of `end` where that is given: the blobs'
            own tensors, which the next pass writes over. `clone()` keeps what they hold.

        Raises:
            OptionError: there is no such layer or input, values have another shape, or a
                MemoryData layer has no arrays.
            PrototxtError: shapes that changed do not fit, labels are no classes, or an HDF5Output
                layer has written its file already.
            OutputError: it cannot write it.
        """
        first, last = self._layer(start, 0), self._layer(end, len(self._steps) - 1)
        given = given_values(inputs, named)
        values = [(self._input(name), value) for name, value in given.items()]
        for blob, value in values:  # once all of them are known
            blob.data = value
        losses: list[torch.Tensor] = []
        with plain_tensors(), _naming(self._path):
            for index, step in enumerate(self._steps[first : last + 1], first):
                losses += self._run(index)
                if self.debug_info:
                    self._log(forward_lines(step))
            self.loss = _total(losses)
        wanted = self.outputs if end is None else self._steps[last].top_names
        return {name: self.blobs[name].data for name in wanted}

    def backward(self, start: str | None = None, end: str | None = None) -> None:
        """Run the layers backwards, or some of them, from the diffs of their tops.

        The diffs of weights are added to; `clear_diffs` sets them to 0.

        Args:
            start: the name of the layer to begin with; the net's last if None.
            end: the name of the last one to run; the net's first if None.

        Raises:
            OptionError: there is no such layer, or one has not run forward with its shapes.
            PrototxtError: a gradient is wanted where Caffe has none.
        """
        first, last = self._layer(start, len(self._steps) - 1), self._layer(end, 0)
        steps = self._steps[last : first + 1]
        with plain_tensors(), _naming(self._path):
            # All that stays, before what comes and goes: else this would leave holes between.
            for step in steps:
                step.make_diffs()
            for step in reversed(steps):
                step.backward()
                if self.debug_info:
                    self._log(backward_lines(step))
            if self.debug_info and start is end is None:
                blobs = (blob for blobs in self.params.values() for blob in blobs)
                self._log([params_line(blob for blob in blobs if blob.owned)])

    def forward_each(self) -> Iterator[tuple[Step, LabelError | None]]:
        """Run forward layer by layer, write no file, and go on where labels are no classes.

        Returns:
            Each layer once it has run, and what it says of labels that stopped it.

        Example:
            >>> net = Net("deploy.prototxt", phase="TEST")
            >>> [step.name for step, _ in net.forward_each()][:3]
            ['data', 'conv1', 'pool1']
        """
        self.loss = 0.0
        losses: list[torch.Tensor] = []
        for index, step in enumerate(self._steps):
            refused = None
            try:
                with plain_tensors(), _naming(self._path):
                    losses += self._run(index, dry=True)
            except LabelError as error:
                refused = error
            yield step, refused
        self.loss = _total(losses)

    def timed_passes(self, clock: Callable[[], float]) -> tuple[list[float], list[float]]:
        """Run forward and backward once.

        Args:
            clock: tells the time; on a GPU once what was begun is done.

        Returns:
            The time of each layer forward, and backward, in the order of the net.
        """
        with plain_tensors(), _naming(self._path):
            for step in self._steps:
                step.make_diffs()
            forward = [_timed(partial(self._run, at), clock) for at in range(len(self._steps))]
            backward = [_timed(step.backward, clock) for step in reversed(self._steps)]
        return forward, backward[::-1]

    def clear_diffs(self) -> None:
        """Set the diffs of all weights to 0, as a solver does before each iteration."""
        diffs = [blob.diff for blobs in self.params.values() for blob in blobs]
        if diffs:
            torch._foreach_zero_(diffs)

    def reshape(self, /, **shapes: Iterable[int]) -> None:
        """Give inputs other shapes, and all blobs those that follow.

        Tops keep their weight in the loss. In Caffe one of several values that grows loses it, and
        trains nothing from then on.

        Args:
            **shapes: the whole shape of each input that changes.

        Raises:
            OptionError: there is no such input, or a shape is none.
            PrototxtError: a layer cannot take the shape of its bottoms, or its weights do not fit
                it. All shapes are as they were then.
        """
        wanted = {self._input(name): given_shape(name, shape) for name, shape in shapes.items()}
        before = [(blob, blob.shape) for blob in self.blobs.values()]
        try:
            with _naming(self._path):
                for blob, shape in wanted.items():
                    blob.reshape(shape)
                for step in self._steps:
                    step.reshape()
        except PrototxtError:
            for blob, shape in before:
                blob.reshape(shape)
            for step in self._steps:
                step.reshape()
            raise

    def set_input_arrays(self, data: Any, labels: Any, *, layer: str | None = None) -> None:
        """Give a MemoryData layer arrays to take its batches from, in their order.

        After the last batch comes the first again. Arrays of the net's dtype on its device are not
        copied, so that what changes in them later counts. `transform_param` does nothing to them.
        Caffe hands them out themselves, and a layer in place on a batch then writes into them; here
        it does not.

        Args:
            data: N images, channels x height x width as in `memory_data_param`; N a multiple of its
                `batch_size`.
            labels: N numbers, or N x 1 x 1 x 1.
            layer: the layer's name; the first MemoryData layer if None. In pycaffe only the net's
                first layer can be one.

        Raises:
            OptionError: the net has no such layer, or the arrays do not fit it.

        Example:
            >>> from caffe_multilabel.caffe.proto import parse_text
            >>> from caffe_multilabel.engine import Net
            >>> net = Net(parse_text('''
            ...     layer { name: "in" type: "MemoryData" top: "x" top: "y"
            ...             memory_data_param { batch_size: 2 channels: 1 height: 1 width: 1 } }
            ... ''', "NetParameter"))
            >>> net.set_input_arrays([[[[5]]], [[[6]]], [[[7]]], [[[8]]]], [0, 1, 2, 3])
            >>> [net.forward()["y"].flatten().tolist() for _ in range(3)]
            [[0.0, 1.0], [2.0, 3.0], [0.0, 1.0]]
        """
        memory_layer(layer, (step.layer for step in self._steps)).set_arrays(data, labels)

    def copy_from(self, weights: StrPath) -> CopiedWeights:
        """Take over the weights of a file, layer by layer by their names.

        Layers that the file does not have keep what they hold, and those that the net does not
        have are passed over, as in Caffe. Files of old formats are upgraded. Half precision, as
        NVIDIA's Caffe writes it, is read as well. Where a layer does not fit, Caffe ends with what
        it has copied till then; here the net stays as it was.

        Args:
            weights: a `.caffemodel`, or HDF5, which takes h5py. Its content says which it is.

        Returns:
            The layers that got none, and those of the file that the net does not have.

        Raises:
            PrototxtError: the file cannot be read, or a layer has other blobs there.
            Error: h5py is not installed.

        Example:
            >>> from caffe_multilabel.engine import Net
            >>> net, other = Net("deploy.prototxt", seed=1), Net("deploy.prototxt", seed=2)
            >>> net.save("net.caffemodel")
            >>> other.copy_from("net.caffemodel").lines
            []
            >>> (other.params["conv1"][0].data == net.params["conv1"][0].data).all()
            tensor(True)
        """
        return copy_weights(weights, self._steps)

    def share_with(self, other: Net) -> None:
        """Go on with the weights of another net, layer by layer by their names.

        What either net learns the other has from then on. Layers of one net alone keep theirs.

        Raises:
            PrototxtError: a layer of both has other blobs there.

        Example:
            >>> from caffe_multilabel.engine import Net
            >>> net, other = Net("deploy.prototxt", seed=1), Net("deploy.prototxt", seed=2)
            >>> other.share_with(net)
            >>> net.params["conv1"][0].data.fill_(7)[0, 0, 0, 0]
            tensor(7.)
            >>> other.params["conv1"][0].data[0, 0, 0, 0]
            tensor(7.)
        """
        with _naming(self._path):
            share_weights(self._steps, other._steps)

    def save(self, path: StrPath) -> None:
        """Write the net with its weights, as Caffe's snapshots do.

        Args:
            path: the file; HDF5 if it ends in `.h5`, as in Caffe: that holds weights only, and
                those that layers share once. float64 is written as such.

        Raises:
            PrototxtError: a `.caffemodel` is over the 2 GiB that Caffe reads.
            OptionError: two layers have one name, or one has a '/' in it, which HDF5 cannot hold.
            OutputError: the file cannot be written.
            Error: h5py is not installed.
        """
        save_weights(path, self.new_message(), self._steps)

    def _run(self, index: int, *, dry: bool = False) -> list[torch.Tensor]:
        """Run a layer forward, and return its losses; a label it refuses is named by its record."""
        step = self._steps[index]
        try:
            step.forward(dry=dry)
        except LabelError as error:
            name_record(error, self._steps[:index])
            raise
        return step.weighted_losses()

    def _layer(self, name: object, default: int) -> int:
        """Return the index of a layer by its name."""
        names = [step.name for step in self._steps]
        return default if name is None else layer_index(name, names, self.inputs)

    def _log(self, lines: Iterable[str]) -> None:
        for line in lines:
            _LOG.info("%s", line)

    def _input(self, name: str) -> Blob:
        return self.blobs[input_name(name, self.inputs)]


@contextmanager
def _naming(path: str | None) -> Iterator[None]:
    """Name the net's file in errors about its layers."""
    try:
        yield
    except PrototxtError as error:
        if path is not None and error.path is None:
            error.path, error.message = path, f"{path}: {error.message}"
            error.args = (error.message,)
        raise


def _total(losses: list[torch.Tensor]) -> float:
    """Add losses up in the order of their layers; a GPU is waited for once."""
    return sum(torch.stack(losses).tolist()) if losses else 0.0


def _timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    begin = clock()
    work()
    return clock() - begin
