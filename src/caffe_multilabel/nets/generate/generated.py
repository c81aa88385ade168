"""A generated net, and how it gets onto the disk."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.message import Message

from caffe_multilabel._base.arguments import is_one_of, items_of, path_of, switch
from caffe_multilabel._base.files import check_targets, make_folder, write_together
from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.caffe.proto import to_text
from caffe_multilabel.errors import OptionError, OutputError
from caffe_multilabel.nets.generate.solver_maker import NET_FILE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from caffe_multilabel.caffe.proto.types import BlobProto, NetParameter, SolverParameter
    from caffe_multilabel.nets.generate.loss_weights import TaskWeight
    from caffe_multilabel.tasks import Transform

__all__ = ["GeneratedNet"]

_M = TypeVar("_M", bound=Message)

DEPLOY_FILE = "deploy.prototxt"
SOLVER_FILE = "solver.prototxt"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedNet:
    """What `generate` makes of a task file.

    Paths of files that are written beside each other (`solver.net`, `solver.snapshot_prefix` and
    infogain matrices) are relative to that folder here; `write` puts the folder before them,
    because Caffe opens them from where it is started.

    Attributes:
        train_val: the `NetParameter` to train and test.
        deploy: the `NetParameter` to use, one output a task.
        solver: the `SolverParameter`.
        infogain: infogain matrices (`BlobProto`) by file name.
        loss_weights: the weight of each task, in the order of the task file.
        transform: what is done to images, with what the task file leaves to its backbone filled in:
            `MultilabelDataset.batches` and `TorchDataset` take its fields but for `defaults`.
        warnings: what a user should know, a sentence each.
        own_solver_paths: the solver's paths that are in the folder of the net.

    Example:
        >>> from caffe_multilabel import generate, load_tasks
        >>> net = generate(load_tasks("tasks.yaml"))
        >>> net
        <GeneratedNet 'shapes': 27 layers, tasks kind, color, filled, size, centre>
        >>> net.deploy.layer[0].input_param.shape[0].dim
        [1, 3, 64, 64]
        >>> [path.name for path in net.write("net")]
        ['train_val.prototxt', 'deploy.prototxt', 'solver.prototxt']
    """

    train_val: NetParameter
    deploy: NetParameter
    solver: SolverParameter
    infogain: Mapping[str, BlobProto]
    loss_weights: tuple[TaskWeight, ...]
    transform: Transform
    warnings: tuple[str, ...]
    own_solver_paths: frozenset[str]

    def __repr__(self) -> str:
        """Name the net, its layers and its tasks; the nets themselves are pages long."""
        tasks = ", ".join(weight.task for weight in self.loss_weights)
        layers = plural(len(self.train_val.layer), "layer")
        return f"<GeneratedNet {self.train_val.name!r}: {layers}, tasks {tasks}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the weights and the warnings as plain JSON-ready values; the nets are files."""
        return {
            "loss_weights": [
                asdict(weight) | {"weights": list(weight.weights)} for weight in self.loss_weights
            ],
            "warnings": list(self.warnings),
        }

    def files(self, directory: str | os.PathLike[str] = "") -> dict[str, bytes]:
        """Return the content of each file, by its name.

        Args:
            directory: the folder that the files will be in, as Caffe will see it.

        Raises:
            OptionError: this is no path, or none that a prototxt can hold.
        """
        folder = path_of("directory", directory)
        if not _is_unicode(str(folder)):
            raise OptionError(
                f"directory is {shown(str(folder))}, must be Unicode to stand in a prototxt"
            )
        train_val, solver = _copy(self.train_val), _copy(self.solver)
        for layer in train_val.layer:
            if layer.infogain_loss_param.source in self.infogain:
                source = folder / layer.infogain_loss_param.source
                layer.infogain_loss_param.source = source.as_posix()
        for field in self.own_solver_paths:
            setattr(solver, field, (folder / getattr(solver, field)).as_posix())
        texts = {NET_FILE: train_val, DEPLOY_FILE: self.deploy, SOLVER_FILE: solver}
        return {name: to_text(message).encode("utf-8") for name, message in texts.items()} | {
            name: blob.SerializeToString() for name, blob in self.infogain.items()
        }

    def write(
        self,
        directory: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        keep: Iterable[str] = (),
    ) -> tuple[Path, ...]:
        """Write all files or none.

        Args:
            directory: the folder; it is made if it is not there. A relative one is also how
                Caffe will find the files, so Caffe must be started from the same place.
            overwrite: replace files that are there.
            keep: names of files to leave as they are, where they are there.

        Returns:
            The paths of the files that were written.

        Raises:
            OutputError: a file is there already, or the files cannot be written.
            OptionError: the folder is no path, or none that a prototxt can hold; or there is no
                file of a name to keep.
        """
        folder = path_of("directory", directory)
        overwrite = switch("overwrite", overwrite)
        contents = self.files(folder)
        names = tuple(contents)
        for name in items_of("keep", keep, "names of files"):
            if not is_one_of(name, names):
                raise OptionError(f"keep is {shown(name)}, must be one of {', '.join(names)}")
            if (folder / name).exists():
                contents.pop(name, None)
        check_targets((folder / name for name in contents), overwrite=overwrite)
        is_new = not folder.exists()
        make_folder(folder)
        try:
            write_together(
                {folder / name: content for name, content in contents.items()},
                overwrite=overwrite,
            )
        except OutputError:
            if is_new:
                with contextlib.suppress(OSError):
                    folder.rmdir()
            raise
        return tuple(folder / name for name in contents)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _copy(message: _M) -> _M:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
