"""A net against the task file that it should be for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import load_tasks
from lint_tools import NET, edited, found, lint

if TYPE_CHECKING:
    from caffe_multilabel.nets.lint import Finding

COLOUR = {"name": "colour", "loss": "softmax", "classes": ["red", "green", "blue", "grey"]}
FLAGS = {"name": "flags", "loss": "sigmoid", "dim": 3}
CORNERS = {"name": "corners", "loss": "euclidean", "dim": 4}


def lint_for(*tasks: dict[str, Any], text: str = NET, **more: Any) -> list[Finding]:
    return lint(text, tasks=load_tasks({"tasks": list(tasks), **more}))


def test_a_net_for_its_tasks() -> None:
    assert lint_for(COLOUR, FLAGS, CORNERS) == []


def test_the_columns_may_come_in_any_order() -> None:
    moved = [CORNERS | {"columns": "4-7"}, FLAGS | {"columns": "1-3"}, COLOUR | {"columns": 0}]
    assert lint_for(*moved) == []


def test_a_task_that_no_loss_reads() -> None:
    size = {"name": "size", "loss": "softmax", "classes": 3}
    findings = lint_for(COLOUR, FLAGS, CORNERS, size)
    assert found(findings) == {("task-loss", None)}
    assert "label column 8 of task 'size'" in findings[0].message
    assert findings[0].message == "no loss reads exactly label column 8 of task 'size'"
    shifted = lint_for(FLAGS, COLOUR, CORNERS)
    assert found(shifted) == {("task-loss", None)}
    assert len(shifted) == 2


def test_a_loss_on_the_labels_of_another_task() -> None:
    """The blob that holds what it is to read is named before all that follows from it."""
    net = NET.replace('bottom: "fc_colour" bottom: "colour"', 'bottom: "fc_colour" bottom: "flags"')
    assert net != NET
    first = next(each for each in lint_for(COLOUR, FLAGS, CORNERS, text=net) if not each.layer)
    assert first.rule == "task-loss"
    assert first.fix == "'colour' holds just them: make it the labels of the loss of 'colour'"


def test_two_tasks_may_read_one_column_with_losses_of_their_own() -> None:
    labels = 'bottom: "fc_colour" bottom: "colour"'
    head = f'layer {{ name: "margin" type: "HingeLoss" {labels} top: "margin" loss_weight: 0.1 }}'
    hinge = COLOUR | {"name": "margin", "loss": "hinge", "columns": 0}
    both = [COLOUR | {"columns": 0}, FLAGS | {"columns": "1-3"}, CORNERS | {"columns": "4-7"}]
    assert "task-type" not in {finding.rule for finding in lint_for(*both, hinge, text=NET + head)}
    alone = lint_for(*both, text=NET + head)
    assert [each.layer for each in alone if each.rule == "task-type"] == ["margin"]


def test_other_classes_than_the_task_has() -> None:
    findings = lint_for(COLOUR | {"classes": ["red", "green", "blue"]}, FLAGS, CORNERS)
    assert found(findings) == {("task-outputs", "loss_colour")}
    assert (
        findings[0].message
        == "it gets 4 scores, and task 'colour' has 3 classes (red, green, blue)"
    )
    assert findings[0].fix == "make num_output of its last layer 3"


def test_another_loss_than_the_task_has() -> None:
    findings = lint_for(COLOUR, FLAGS | {"loss": "euclidean"}, CORNERS)
    assert found(findings) == {("task-type", "loss_flags")}
    assert "SigmoidCrossEntropyLoss on the labels of task 'flags'" in findings[0].message


def test_infogain_stands_for_softmax() -> None:
    infogain = edited(
        ('type: "SoftmaxWithLoss"', 'type: "InfogainLoss" infogain_loss_param { source: "h" }')
    )
    assert lint_for(COLOUR, FLAGS, CORNERS, text=infogain) == []


@pytest.mark.parametrize("task", [COLOUR, FLAGS])
def test_labels_that_only_the_task_ignores(task: dict[str, Any]) -> None:
    tasks = [each | {"ignore_label": -1} if each is task else each for each in (COLOUR, FLAGS)]
    findings = lint_for(*tasks, CORNERS)
    assert found(findings) == {("task-ignore", f"loss_{task['name']}")}
    assert "ignore_label is none, and -1" in findings[0].message


def test_the_task_file_tells_the_size_of_the_images() -> None:
    text = NET.replace("crop_size: 28", "")
    assert found(lint_for(COLOUR, FLAGS, CORNERS, text=text)) == {("unknown-size", "data")}
    assert lint_for(COLOUR, FLAGS, CORNERS, text=text, data={"shape": [3, 28, 28]}) == []
    small = lint_for(COLOUR, FLAGS, CORNERS, text=text, data={"shape": [3, 4, 4]})
    assert ("shape", "conv") in found(small)
