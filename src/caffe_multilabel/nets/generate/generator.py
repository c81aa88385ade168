"""From a task file to a train_val, a deploy and a solver that BVLC Caffe takes as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.caffe.proto import parse_text, to_text
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import Error, TaskFileError
from caffe_multilabel.nets.generate.backbone_facts import backbone_facts, feature_sizes
from caffe_multilabel.nets.generate.backbone_net import load_backbone
from caffe_multilabel.nets.generate.backbones import BACKBONES
from caffe_multilabel.nets.generate.center_rates import slow_centers
from caffe_multilabel.nets.generate.deploy import build_deploy
from caffe_multilabel.nets.generate.facts import read_facts
from caffe_multilabel.nets.generate.generated import GeneratedNet
from caffe_multilabel.nets.generate.imbalance import (
    infogain_files,
    infogain_matrices,
    is_balanced,
    positive_weights,
)
from caffe_multilabel.nets.generate.label_doubts import label_doubts
from caffe_multilabel.nets.generate.label_layers import LABEL
from caffe_multilabel.nets.generate.label_statistics import (
    LabelStatistics,
    read_label_statistics,
)
from caffe_multilabel.nets.generate.learning import set_learning
from caffe_multilabel.nets.generate.loss_weights import loss_weights
from caffe_multilabel.nets.generate.plan import make_plan
from caffe_multilabel.nets.generate.record_layers import records_blob
from caffe_multilabel.nets.generate.solver_maker import make_solver
from caffe_multilabel.nets.generate.task_losses import LossAid
from caffe_multilabel.nets.generate.train_val import build_train_val
from caffe_multilabel.tasks import ResolvedTasks, TaskFile, load_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from google.protobuf.message import Message

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.caffe.shapes import NetShapes

__all__ = ["generate"]

_PATHS = ("net", "snapshot_prefix")


def generate(
    tasks: TaskFile | StrPath | Mapping[str, Any],
    *,
    label_statistics: LabelStatistics | None = None,
) -> GeneratedNet:
    """Make the nets and the solver of a task file.

    Databases that are there already are looked into: for the size of images, the number of
    labels and of test records, and, where `loss_weights: scale`, `loss_weights: learned` or a
    weight that is `balanced` ask for it, for the labels themselves. Each net is checked before it
    is returned: its text reads back as the same message, and every layer fits the images and
    labels.

    Args:
        tasks: the task file, its path, or the same content as a mapping.
        label_statistics: what the label DB of the TRAIN phase holds, if the caller knows; else
            it is read where it is needed.

    Raises:
        TaskFileError: a key of the task file is missing or does not fit the net or the data;
            `key` names it.
        DatabaseError: a database is there and cannot be read, or holds labels that no task takes.
        PrototxtError: a head does not fit the blob that it hangs on.
        OptionError: an argument is of another type, or `label_statistics` are of other labels.

    Example:
        >>> from caffe_multilabel import generate
        >>> net = generate("tasks.yaml")
        >>> [layer.name for layer in net.train_val.layer if layer.type == "SoftmaxWithLoss"]
        ['loss_kind', 'loss_color']
        >>> net.solver.net, net.solver.max_iter
        ('train_val.prototxt', 600)
    """
    tasks = load_tasks(tasks)
    if label_statistics is not None:
        instance_of("label_statistics", label_statistics, LabelStatistics, "a LabelStatistics")
    if tasks.backbone is None:
        raise TaskFileError(
            f"backbone: missing; a net needs one: a built-in ({', '.join(BACKBONES)}) "
            "or {file: backbone.prototxt, features: BLOB}",
            key="backbone",
        )
    backbone = load_backbone(tasks.backbone)
    statistics = label_statistics or _statistics(tasks)
    resolved = ResolvedTasks.of(tasks)
    facts = read_facts(
        resolved,
        backbone=backbone.built_in,
        label_count=None if statistics is None else len(statistics.columns),
    )
    data = tasks.data.model_copy(update={"transform": facts.transform})
    plan = make_plan(tasks.model_copy(update={"data": data}), backbone)
    layers = backbone_facts(plan, facts.image)
    set_learning(backbone, tasks.backbone, layers)
    warnings = [*backbone.warnings, *facts.warnings, *label_doubts(resolved, facts)]
    weights = loss_weights(resolved, statistics, warnings)
    files = infogain_files(tasks)
    matrices = infogain_matrices(resolved, statistics, warnings)
    aid = LossAid(
        data=data,
        infogain=files,
        positive_weights=positive_weights(resolved, statistics, warnings),
        weighing=tasks.loss_weights if tasks.loss_weights in ("learned", "log") else "",
        feature_sizes=feature_sizes(plan, layers),
        class_counts={task.name: task.class_count for task in tasks.tasks if task.class_count},
    )
    train_val = build_train_val(plan, resolved, facts, weights, backbone=layers, aid=aid)
    deploy = build_deploy(plan, facts.image)
    solver = make_solver(
        tasks,
        facts.test_records,
        warnings,
        gathers_statistics=any(
            layer.type == "BatchNorm" and not layer.batch_norm_param.use_global_stats
            for layer in train_val.layer
        ),
    )
    warnings.extend(slow_centers(tasks, weights, solver))
    _check_net(
        train_val,
        plan.phases,
        {
            records_blob(data.record, backbone.image): facts.record,
            LABEL: (facts.layout.label_count, 1, 1),
        },
    )
    _check_net(deploy, ("TEST",), {})
    _check_text(solver, "SolverParameter")
    return GeneratedNet(
        train_val=train_val,
        deploy=deploy,
        solver=solver,
        infogain={files[task]: matrix for task, matrix in matrices.items()},
        loss_weights=weights,
        transform=facts.transform,
        warnings=tuple(warnings),
        own_solver_paths=frozenset(
            field for field in _PATHS if field not in tasks.solver and is_set(solver, field)
        ),
    )


def _statistics(tasks: TaskFile) -> LabelStatistics | None:
    wanted = tasks.loss_weights in ("scale", "learned") or is_balanced(tasks)
    source = tasks.data.train
    if not wanted or source is None or not Path(source.labels).exists():
        return None
    return read_label_statistics(source.labels, tasks)


def _check_text(message: Message, message_name: str) -> None:
    """Make sure that a message is the same after it was written and read.

    Raises:
        Error: it is not, which no input can excuse.
    """
    if parse_text(to_text(message), message_name) != message:
        raise Error(f"the text of the {message_name} does not read back as it was; report this")


def _check_net(
    net: NetParameter, phases: Sequence[Phase], data_shapes: Mapping[str, Sequence[int]]
) -> dict[Phase, NetShapes]:
    """Check a net's text and set it up for some phases.

    Args:
        net: the net.
        phases: the phases that it will run in.
        data_shapes: channels, height and width of the records behind each data layer.

    Raises:
        PrototxtError: a layer does not fit the images or the layers before it.
    """
    _check_text(net, "NetParameter")
    return {phase: infer_shapes(net, phase, data_shapes=data_shapes) for phase in phases}
