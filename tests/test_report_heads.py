"""The losses of a net in the report: whose they are, what they read, where their head hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import ResolvedTasks, load_tasks
from caffe_multilabel.views.report.sections.network import NetSection, make_net_section

EXAMPLES = Path(__file__).parents[1] / "examples" / "schemes"

TRAIN = {"images": "images", "labels": "labels", "batch_size": 8}

Head = tuple[str, str, tuple[str, ...], tuple[str, ...]]

HEADS: dict[str, list[Head]] = {
    "moved_landmarks": [("ends", "0 to 3", ("ends",), ())],
    "weighted": [("sign", "0", ("fc_sign",), ())],
    "unknown": [
        ("ends", "0 to 3", ("fc",), ("fc1_ends", "ends")),
        ("filled", "4", ("fc",), ("fc_filled",)),
    ],
    "learned_weights": [
        ("ends", "0 to 3", ("fc",), ("fc1_ends", "ends")),
        ("size", "4", ("fc",), ("fc1_size", "size")),
    ],
    "pairs": [
        ("identity", "0, 1", ("fc1_deepid",), ("fc_identity",)),
        ("loss_verify", "0, 1", ("fc1_deepid",), ()),
    ],
    "hard_triplets": [
        ("color", "0", ("fc",), ("fc_color",)),
        ("loss_near", "0", ("fc",), ("fc_near",)),
    ],
    "triplets": [
        ("identity", "0 to 2", ("fc",), ("fc_identity",)),
        ("near", "3", ("fc",), ("fc_near",)),
    ],
}
"""Task, columns, what it hangs on and its own layers. That identities are alike is known from the
labels of another task, which a loss of distances is not: it goes by its own name."""


def drawn(example: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> NetSection:
    monkeypatch.chdir(EXAMPLES)
    file = load_tasks(f"{example}.yaml")
    generate(file).write(folder)
    resolved = ResolvedTasks.of(file)
    return make_net_section(
        folder / "train_val.prototxt",
        image=file.data.stored_shape,
        label=(resolved.schema.label_count, 1, 1),
        tasks=resolved.layout.tasks,
    )


@pytest.mark.parametrize("example", HEADS)
def test_a_loss_of_several_layers_is_its_tasks(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = drawn(example, tmp_path, monkeypatch)
    found = [(head.task, head.columns, head.attach, head.layers) for head in net.heads]
    assert found == HEADS[example]


def test_a_focal_loss_of_classes_is_its_tasks(tmp_path: Path) -> None:
    """It reads classes by arithmetic alone, as triplets of single images do, no task's."""
    keys = {"backbone": "lenet", "data": {"shape": [3, 28, 28], "train": TRAIN}}
    kind = {"name": "kind", "loss": "softmax", "classes": 4, "focal": {"gamma": 2}}
    file = load_tasks({**keys, "tasks": [kind]})
    generate(file).write(tmp_path)
    resolved = ResolvedTasks.of(file)
    path = tmp_path / "train_val.prototxt"
    net = make_net_section(path, image=(3, 28, 28), label=(1, 1, 1), tasks=resolved.layout.tasks)
    assert [(head.task, head.columns, head.attach) for head in net.heads] == [
        ("kind", "0", ("fc_kind",))
    ]


def test_what_is_there_for_the_log_alone_is_no_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A canary, and the copies that show losses which weigh themselves."""
    net = drawn("canary", tmp_path, monkeypatch)
    assert [(head.task, head.share, head.attach) for head in net.heads] == [
        ("kind", 100, ("fc_kind",))
    ]
    assert "canary" not in {box.name for box in net.boxes}
    net = drawn("learned_weights", tmp_path / "learned", monkeypatch)
    names = {box.name: box for box in net.boxes}
    assert not any(name.startswith("plain_loss_") for name in names)
    assert not names["loss_ends"].style.startswith("loss")
    assert [head.share for head in net.heads] == [50, 50]


def test_a_net_of_many_ways_is_drawn_at_once(tmp_path: Path) -> None:
    """As many ways lead through forty forks as no walk of each could go."""
    layers = ['layer { name: "d" type: "Input" top: "x0" input_param { shape { dim: [1, 2] } } }']
    layers.append('layer { name: "l" type: "Input" top: "y" input_param { shape { dim: 1 } } }')
    for number in range(40):
        below = f"x{number}"
        layers += [
            f'layer {{ name: "{side}{number}" type: "InnerProduct" bottom: "{below}" '
            f'top: "{side}{number}" inner_product_param {{ num_output: 2 }} }}'
            for side in "ab"
        ]
        layers.append(
            f'layer {{ name: "x{number + 1}" type: "Eltwise" bottom: "a{number}" '
            f'bottom: "b{number}" top: "x{number + 1}" }}'
        )
    layers.append('layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x40" bottom: "y" }')
    path = tmp_path / "net.prototxt"
    path.write_text("\n".join(layers))
    net = make_net_section(path, image=None, label=(1, 1, 1), tasks=())
    assert [(head.task, head.attach) for head in net.heads] == [("loss", ("a39", "b39"))]
