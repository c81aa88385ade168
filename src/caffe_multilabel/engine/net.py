"""A Caffe net that runs in PyTorch, layer by layer, forward and backward."""

from __future__ import annotations

import logging
import math
import operator
import os
from collections.abc import Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from caffe_multilabel._base.arguments import items_of
from caffe_multilabel._base.text import did_you_mean, shown
from caffe_multilabel.caffe.net_state import NetState
from caffe_multilabel.caffe.proto import read_net
from caffe_multilabel.caffe.proto.checks import check_message
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.engine.assembly import assemble, refuse_types
from caffe_multilabel.engine.blob import Blob, Place
from caffe_multilabel.engine.debug_info import backward_lines, forward_lines, params_line
from caffe_multilabel.engine.draws import Draws
from caffe_multilabel.engine.layers.sources import MemoryData
from caffe_multilabel.engine.weights import copy_weights, save_weights
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import NetParameter

__all__ = ["Net", "net_of"]

_INT_MAX = 2**31 - 1
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
        loss: the weighted sum of losses that the last forward pass went by.
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

        Raises:
            PrototxtError: a file cannot be read, or Caffe would not set the net up, or a layer has
                a type that the engine does not run.
            OptionError: an argument is out of its range, or there is no such device.
            Error: h5py is not installed, for weights in HDF5 or an HDF5Output layer.
        """
        path = str(net) if isinstance(net, (str, os.PathLike)) else None
        message = read_net(net) if isinstance(net, (str, os.PathLike)) else net
        check_message("net", message, "NetParameter")
        stages = tuple(items_of("stages", stages, "names of stages"))
        state = NetState(phase, stages, level)
        place = Place(_device(device), _dtype(dtype))
        self._set_up(message, state, place, Draws(seed, place.device), path)
        if weights is not None:
            self.copy_from(weights)

    def _set_up(
        self,
        message: NetParameter,
        state: NetState,
        place: Place,
        draws: Draws,
        path: str | None,
    ) -> None:
        """Make the layers and blobs, the first values of weights from what is drawn next."""
        self._path = path
        self.name = str(message.name)
        self._new_message = partial(type(message), name=self.name)
        self.phase: Phase = state.phase
        self.loss = 0.0
        self.debug_info = bool(message.debug_info)
        with _naming(self._path):
            refuse_types(message, state)
            infer_shapes(message, state.phase, stages=state.stages, level=state.level)
            made = assemble(message, state, place, draws)
        self.blobs: Mapping[str, Blob] = made.blobs
        self.params: Mapping[str, tuple[Blob, ...]] = {
            step.name: step.layer.setup.blobs for step in made.steps if step.layer.setup.blobs
        }
        self.inputs = made.inputs
        self.outputs = made.outputs
        self._steps = made.steps

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
        first, last = self._index(start, 0), self._index(end, len(self._steps) - 1)
        self._feed({} if inputs is None else inputs, named)
        with _plain(), _naming(self._path):
            self.loss = 0.0
            for step in self._steps[first : last + 1]:
                self.loss += step.forward()
                if self.debug_info:
                    self._log(forward_lines(step))
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
        first, last = self._index(start, len(self._steps) - 1), self._index(end, 0)
        steps = self._steps[last : first + 1]
        with _plain(), _naming(self._path):
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

    def clear_diffs(self) -> None:
        """Set the diffs of all weights to 0, as a solver does before each iteration."""
        for blobs in self.params.values():
            for blob in blobs:
                blob.diff.zero_()

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
        wanted = {self._input(name): _shape(name, shape) for name, shape in shapes.items()}
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
        layers = [found for step in self._steps if isinstance(found := step.layer, MemoryData)]
        for found in layers:
            if layer in (None, found.name):
                found.set_arrays(data, labels)
                return
        if layer is None:
            raise OptionError("the net has no MemoryData layer")
        hint = did_you_mean(layer, [found.name for found in layers])
        raise OptionError(f"the net has no MemoryData layer '{layer}'{hint}", key=layer)

    def copy_from(self, weights: StrPath) -> None:
        """Take over the weights of a file, layer by layer by their names.

        Layers that the file does not have keep what they hold, and those that the net does not
        have are passed over, as in Caffe. Files of old formats are upgraded. Half precision, as
        NVIDIA's Caffe writes it, is read as well. Where a layer does not fit, Caffe ends with what
        it has copied till then; here the net stays as it was.

        Args:
            weights: a `.caffemodel`, or HDF5, which takes h5py. Its content says which it is.

        Raises:
            PrototxtError: the file cannot be read, or a layer has other blobs there.
            Error: h5py is not installed.

        Example:
            >>> from caffe_multilabel.engine import Net
            >>> net, other = Net("deploy.prototxt", seed=1), Net("deploy.prototxt", seed=2)
            >>> net.save("net.caffemodel")
            >>> other.copy_from("net.caffemodel")
            >>> (other.params["conv1"][0].data == net.params["conv1"][0].data).all()
            tensor(True)
        """
        copy_weights(weights, self._steps)

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
        save_weights(path, self._new_message(), self._steps)

    def _log(self, lines: Iterable[str]) -> None:
        for line in lines:
            _LOG.info("%s", line)

    def _feed(self, inputs: Mapping[str, Any], named: Mapping[str, Any]) -> None:
        """Write values to inputs, once all of them are known."""
        if not isinstance(inputs, Mapping):
            raise OptionError(
                f"inputs is of type {type(inputs).__name__}, must be a mapping of names to values"
            )
        twice = next((name for name in named if name in inputs), None)
        if twice is not None:
            raise OptionError(f"'{twice}' is in inputs and an argument of its own", key=twice)
        found = [(self._input(name), values) for name, values in (*inputs.items(), *named.items())]
        for blob, values in found:
            blob.data = values

    def _input(self, name: str) -> Blob:
        if name not in self.inputs:
            hint = did_you_mean(name, self.inputs)
            known = ", ".join(self.inputs) or "none"
            raise OptionError(f"'{name}' is no input of the net, which has {known}{hint}", key=name)
        return self.blobs[name]

    def _index(self, name: object, default: int) -> int:
        if name is None:
            return default
        if not isinstance(name, str):
            ways = ", ".join(map(_way, self.inputs)) or "this net has none"
            raise OptionError(
                f"start and end are names of layers, not of type {type(name).__name__}; values go "
                f"to inputs by name: {ways}"
            )
        for index, step in enumerate(self._steps):
            if step.name == name:
                return index
        known = [step.name for step in self._steps]
        raise OptionError(f"the net has no layer '{name}'{did_you_mean(name, known)}", key=name)


def net_of(
    message: NetParameter, state: NetState, place: Place, draws: Draws, *, path: str | None = None
) -> Net:
    """Set a net up that draws from what other nets draw from, as those of a solver do.

    Args:
        message: the net, in the current format.
        state: its phase, stages and level.
        place: where its tensors are.
        draws: what it draws from, made for the same device.
        path: the file that errors name.

    Raises:
        PrototxtError: Caffe would not set the net up, or the engine does not run one of its layers.
        Error: h5py is not installed, for an HDF5Output layer.
    """
    net = Net.__new__(Net)
    net._set_up(message, state, place, draws, path)  # noqa: SLF001  (of the same class)
    return net


@contextmanager
def _plain() -> Iterator[None]:
    """Compute with plain tensors, without a tape, in whatever mode the caller is."""
    with torch.inference_mode(mode=False), torch.no_grad():
        yield


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


def _way(name: str) -> str:
    """Return the argument of `forward` that feeds an input."""
    own = name in ("start", "end", "inputs") or not name.isidentifier()
    return f"inputs={{{name!r}: ...}}" if own else f"{name}=..."


def _shape(name: str, given: Iterable[int]) -> Shape:
    """Return a shape that a blob may have: up to INT_MAX values, as in Caffe."""
    axes = list(items_of(name, given, "axes of a shape"))
    try:
        shape = tuple(operator.index(axis) for axis in axes)
    except TypeError:
        shape = (-1,)
    if min(shape, default=0) < 0 or math.prod(shape) > _INT_MAX:
        raise OptionError(
            f"{name}: {shown(axes)} is no shape; whole numbers from 0 on with a product of at most "
            f"{_INT_MAX} are allowed",
            key=name,
        )
    return shape


def _device(device: str | torch.device) -> torch.device:
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise OptionError(f"device {device!r} cannot be used: {reason}") from error
    return found


def _dtype(dtype: torch.dtype) -> torch.dtype:
    if dtype not in (torch.float32, torch.float64):
        raise OptionError(f"dtype is {dtype!r}; torch.float32 or torch.float64 is allowed")
    return dtype
