"""How layers are connected, named and sized, and the files that they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.layers import FORK_TYPES, LAYER_TYPES
from caffe_multilabel.caffe.named_fields import submessage
from caffe_multilabel.caffe.net_state import stage_problem
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.nets.lint.view import NetView, PhaseView

__all__ = ["NET_RULES", "PHASE_RULES"]


def _shape(view: PhaseView) -> Iterator[Problem]:
    for index, (message, fix) in view.measured.problems.items():
        yield Problem(view.graph.nodes[index], message, fix)


_AT_ANY_SIZE = "so what comes after is checked only for what is wrong at any size"


def _unknown_size(view: PhaseView) -> Iterator[Problem]:
    labels = [node for node in view.unknown if node in view.sources.labels]
    images = [node for node in view.unknown if node.type == "Data" and node not in labels]
    cropped = [node for node in images if node.layer.transform_param.crop_size]
    images = [node for node in images if node not in cropped]
    strange = [n for n in view.unknown if n.entry is None and n.type not in FORK_TYPES]
    others = [node for node in view.unknown if node.type != "Data" and node not in strange]
    for nodes, fix in (
        (cropped, "name the image DB, whose records the net takes apart"),
        (images, "name the image DB, or set crop_size"),
        (labels, "name the label DB, which alone tells how many values its records have"),
        (others, "check by hand what comes after"),
    ):
        if nodes:
            more = f", nor that of {len(nodes) - 1} more layers" if len(nodes) > 1 else ""
            yield Problem(
                nodes[0],
                f"the net does not tell the size of what it makes{more}, {_AT_ANY_SIZE}",
                fix,
            )
    for node in strange:
        # In a fork's net it may be the fork's own; one that is nearly a known one hardly is.
        near = did_you_mean(node.type, [*LAYER_TYPES, *FORK_TYPES], "{}", cutoff=0.85)
        yield Problem(
            node,
            f"neither BVLC Caffe nor a fork known here has a layer type '{node.type}', "
            f"{_AT_ANY_SIZE}",
            f"write {near}" if near else "check by hand what comes after",
            severity="warning" if near else None,
        )


def _duplicate_name(view: PhaseView) -> Iterator[Problem]:
    first: dict[str, Node] = {}
    for node in view.graph.nodes:
        twin = first.setdefault(node.name, node)
        if twin is node:
            continue
        what, harmless = _harm_of_name(view, twin, node)
        yield Problem(
            node,
            f"{twin.type} layer and {node.type} layer have the name '{node.name}'{what}",
            "give the second a name of its own",
            severity="warning" if harmless else None,
        )


def _harm_of_name(view: PhaseView, first: Node, second: Node) -> tuple[str, bool]:
    """Say what Caffe makes of a name that two layers have, and whether it may do no harm.

    `Net::CopyTrainedLayersFrom` and `ShareTrainedLayersWith` take the layers of the net that has
    the weights one by one, and for each the first layer of its name. It must have as many blobs.
    """
    if _has_weights(view, second):
        what = (
            "; Caffe gives the weights of a name to its first layer only, in a caffemodel as "
            "between TRAIN and TEST"
        )
        return what, False
    if not _has_weights(view, first):
        return ", and logs and tools cannot tell them apart", True
    stops = "for the second layer has none"
    if view.trains or _is_trained(view, first, second):
        return f"; Caffe stops where TEST or a caffemodel takes the weights, {stops}", False
    what = (
        "; a caffemodel with one layer of the name goes into the first, as it should, and one that "
        f"is saved from this net stops Caffe, {stops}"
    )
    return what, True


def _is_trained(view: PhaseView, *nodes: Node) -> bool:
    """Tell whether some layers of phase TEST are in a net that learns as well."""
    chosen = any(node.layer.include or node.layer.exclude for node in nodes)
    return not chosen and any(node.loss_weight for node in view.graph.nodes)


def _has_weights(view: PhaseView, node: Node) -> bool:
    measured = view.measured.shapes.get(node.index)
    if measured is None:
        return node.entry is not None and node.entry.has_blobs(node.layer)
    return len(measured.param_shapes) > 0


def _dangling(view: PhaseView) -> Iterator[Problem]:
    graph = view.graph
    # A bottom that no layer makes is most likely one of these, misspelt.
    misspelt = any(None in node.bottoms for node in graph.nodes)
    for wire in graph.unread() if view.trains and not misspelt else ():
        node = graph.maker(wire)
        # Printing them is what they are for; a weight that is written out, 0 as well, says so.
        shown = node.labels is not None or wire.top < len(node.layer.loss_weight)
        if node.loss_weight or shown:
            continue
        blob = graph.blob(wire)
        yield Problem(
            node,
            f"no layer reads its top '{blob}', so Caffe prints all of it at every display, and "
            "what leads there trains nothing",
            f"connect '{blob}', or put it to rest: layer {{ name: \"silence_{blob}\" "
            f'type: "Silence" bottom: "{blob}" }}',
        )


def _deploy_loss(view: PhaseView) -> Iterator[Problem]:
    entries = [node.entry for node in view.graph.nodes if node.entry is not None]
    fed = any(entry.kind == "input" for entry in entries)
    if not fed or any(entry.deploy == "fed" for entry in entries):  # that could stay as it is
        return
    for head in view.heads:
        yield Problem(
            head.node,
            f"{head.node.type} in a net that is fed through Input layers, where no labels are",
            "take it out of the deploy net, and its label input with it",
        )


def _old_format(view: NetView) -> Iterator[Problem]:
    if view.loaded.old_format:
        yield Problem(
            None,
            f"written with {view.loaded.old_format} of an older Caffe, which newer ones upgrade "
            "when they read it and other tools refuse",
            "write it anew, by read_net and write_text of caffe_multilabel.caffe.proto",
        )


def _upgrade(view: NetView) -> Iterator[Problem]:
    for remark in view.loaded.remarks:
        yield Problem(None, remark, "write the net in the current format")


def _missing_file(view: NetView) -> Iterator[Problem]:
    if view.loaded.path is None:  # a net in memory belongs to no place
        return
    seen = set()
    for phase in view.phases:
        for node in phase.graph.nodes:
            for field, path in _named_files(node):
                if path and path not in seen and not Path(path).exists():
                    seen.add(path)
                    yield Problem(
                        node,
                        f"{field} {path} is not there, seen from {Path.cwd()}",
                        "correct the path, or start Caffe from the folder it is relative to",
                    )


def _unknown_stage(view: NetView) -> Iterator[Problem]:
    net = view.loaded.net
    given = (stage for state in view.states for stage in (*state.stages, *net.state.stage))
    for stage in dict.fromkeys(given):
        found = stage_problem(net.layer, stage)
        if found is not None:
            yield Problem(None, *found)


def _unreadable(view: PhaseView) -> Iterator[Problem]:
    for node in view.sources.data:
        source = node.layer.data_param.source
        why = view.databases.unreadable.get(source)
        if why is not None:
            cause = why.removeprefix(f"{source}: ")
            yield Problem(
                node,
                f"its DB {source} cannot be read ({cause}), so nothing that hangs on its records "
                "is checked",
                "make it anew, or correct the path",
            )


def _named_files(node: Node) -> Iterator[tuple[str, str]]:
    if node.entry is not None and node.entry.message:
        for field, value in submessage(node.layer, node.entry.message).ListFields():
            if field.name == "source":
                yield field.name, value
    yield "mean_file", node.layer.transform_param.mean_file


PHASE_RULES = (
    Rule(
        "shape",
        "error",
        "layers that do not fit together; Caffe stops",
        _shape,
        explains_shapes=False,
    ),
    Rule("unknown-size", "info", "layers whose size nothing tells", _unknown_size),
    Rule("unreadable-db", "error", "a DB that is there and cannot be read", _unreadable),
    Rule(
        "duplicate-name",
        "error",
        "two layers of one name",
        _duplicate_name,
        explains_shapes=False,
    ),
    Rule("dangling-blob", "warning", "blobs that no layer reads", _dangling),
    Rule("deploy-loss", "warning", "a loss or accuracy in a deploy net", _deploy_loss),
)
NET_RULES = (
    Rule("missing-file", "warning", "a DB or file that is not there", _missing_file),
    Rule("unknown-stage", "warning", "a stage that chooses no layer", _unknown_stage),
    Rule("old-format", "info", "a net in an old format", _old_format),
    Rule("upgrade", "warning", "what an old net says and the current format cannot", _upgrade),
)
