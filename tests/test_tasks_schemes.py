"""Task files of schemes: what goes with what, and which label columns each task reads."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from caffe_multilabel import TaskFileError, load_tasks
from caffe_multilabel.tasks import ResolvedTasks


def refused(text: str) -> str:
    with pytest.raises(TaskFileError) as caught:
        load_tasks(yaml.safe_load(text))
    return str(caught.value)


NUMBERS = "name: a, loss: euclidean, dim: 4"


@pytest.mark.parametrize(
    ("task", "data", "said"),
    [
        # numbers that a float32 holds
        (
            f"{NUMBERS}, gradient_scale: 1.0e+39",
            "",
            "gradient_scale: found 1e+39; must be 3.40282e+38 or less",
        ),
        (
            "name: a, loss: smooth_l1, dim: 1, sigma: 1.0e-20",
            "",
            "sigma: found 1e-20; must be more than 1e-18",
        ),
        (
            "name: a, loss: sigmoid, dim: 1, positive_weight: 0",
            "",
            "positive_weight: found 0; must be balanced or more than 1e-18",
        ),
        # what a loss takes
        (
            "name: a, loss: euclidean, dim: 2, sigma: 3",
            "",
            "sigma: a euclidean task (EuclideanLoss",
        ),
        ("name: a, loss: hinge, classes: 2, focal: {}", "", "only softmax and sigmoid tasks do"),
        (
            "name: a, loss: softmax, classes: 2, focal: {alpha: 0.5}",
            "",
            "focal.alpha: found in a softmax task",
        ),
        (
            "name: a, loss: softmax, classes: 2, focal: {}, class_weight: balanced",
            "",
            "focal: found beside class_weight",
        ),
        (
            "name: a, loss: softmax, classes: 2, focal: {}, normalization: FULL",
            "",
            "must be VALID, what is known, or BATCH_SIZE",
        ),
        ("name: a, loss: hinge, classes: 2, ignore_label: 0", "", "ignore_label: a hinge task"),
        ("name: a, loss: softmax, classes: 2, margin: 1", "", "only contrastive and triplet tasks"),
        # weights
        (f"{NUMBERS}, weight_columns: 4-6", "", "found 3 columns; must be 1, or one a value"),
        (f"{NUMBERS}, weight_columns: yes", "", "must be a column's number"),
        (f"{NUMBERS}, weight_columns: records", "", "must be record (one weight a record), value"),
        (
            "name: a, loss: sigmoid, dim: 3, positive_weight: [1, 2]",
            "",
            "positive_weight: found 2 numbers; must be one for each value, 3",
        ),
        (
            "name: a, loss: sigmoid, dim: 1, positive_weight: 2, focal: {}",
            "",
            "focal: found beside positive_weight",
        ),
        (
            "name: a, loss: softmax, classes: 3, class_weight: [1, 2]",
            "",
            "class_weight: found 2 numbers; must be one for each class, 3",
        ),
        ("name: a, loss: softmax, classes: 2, class_weight: [0, 0]", "", "found no weight above 0"),
        (f"{NUMBERS}, normalization: NONE", "", "must be VALID, what is known, or BATCH_SIZE"),
        (
            "name: a, loss: sigmoid, dim: 2, weight_columns: 2, normalization: FULL",
            "",
            "must be VALID, what is known, or BATCH_SIZE",
        ),
        # scores
        (f"{NUMBERS}, scores: accuracy", "", "found accuracy; a euclidean task has mae and nme"),
        ("name: a, loss: sigmoid, dim: 2, scores: mae", "", "a sigmoid task has accuracy"),
        (f"{NUMBERS}, scores: nme", "", "nme_between: missing"),
        (
            f"{NUMBERS}, nme_between: {{first: [0], second: [1]}}",
            "",
            "nme_between: found without scores: nme",
        ),
        (
            f"{NUMBERS}, scores: nme, nme_between: {{first: [0], second: [2]}}",
            "",
            "found point 2; the task has points 0 to 1",
        ),
        (
            f"{NUMBERS}, scores: nme, nme_between: {{first: [0, 1], second: [1, 0]}}",
            "",
            "found the same points twice; their distance is 0",
        ),
        (
            f"{NUMBERS}, scores: nme, nme_between: {{first: [0, 0], second: [1]}}",
            "",
            "nme_between.first: names a point twice",
        ),
        # landmarks that follow crop and mirror
        (f"{NUMBERS}, points: {{}}", "", "points: found without data.ramps: true"),
        (f"{NUMBERS}, points: {{}}, normalize: {{std: 2}}", "ramps: true", "found beside points"),
        (f"{NUMBERS}, points: {{swap: [[0, 2]]}}", "ramps: true", "found point 2"),
        (f"{NUMBERS}, points: {{swap: [[0, 0]]}}", "ramps: true", "names a point twice"),
        (
            "name: a, loss: euclidean, dim: 3, points: {}",
            "ramps: true",
            "points are pairs of values",
        ),
        (NUMBERS, "ramps: true, resize: [300, 40]", "a byte tells 256 columns and rows apart"),
        (NUMBERS, "ramps: true, transform: {mean_file: m}", "mean_file: found beside data.ramps"),
        (f"{NUMBERS}, images: each", "ramps: true, images_per_record: 2", "cropped as one"),
        (
            NUMBERS,
            "shape: [2, 8, 8], ramps: true",
            "2 channels, which are not those of 1 image with",
        ),
        # records of several images
        (NUMBERS, "images_per_record: 2", "images: missing; records have 2 images"),
        (f"{NUMBERS}, images: each", "", "found with one image a record"),
        (
            f"{NUMBERS}, images: each, columns: 0-3",
            "images_per_record: 2",
            "found 4 columns; the task has 8 columns",
        ),
        (NUMBERS, "shape: [4, 8, 8], images_per_record: 3", "not those of 3 images"),
        (
            f"{NUMBERS}, images: each, weight_columns: 9",
            "images_per_record: 2",
            "weight_columns: found beside images: each",
        ),
        (
            "name: a, loss: euclidean, images: each, columns: 0-3",
            "images_per_record: 2",
            "dim: missing; a euclidean task needs dim; columns are those of all images",
        ),
        (
            f"{NUMBERS}, images: each",
            "images_per_record: 2, transform: {mean_file: m}",
            "data.transform.mean_file: found beside several images a record",
        ),
        # tasks that compare images
        ("name: a, loss: contrastive", "", "data.images_per_record must be 2"),
        ("name: a, loss: triplet", "images_per_record: 2", "must be 1 or 3"),
        ("name: a, loss: triplet", "", "identity: missing; triplets among the images of a batch"),
        ("name: a, loss: triplet, identity: b", "images_per_record: 3", "found with triplets"),
        (
            "name: a, loss: contrastive, identity: b",
            "images_per_record: 2",
            "a softmax task of each",
        ),
        (
            "name: a, loss: contrastive, margin: column",
            "images_per_record: 2",
            "only triplets of three images a record have one",
        ),
        (
            "name: a, loss: contrastive, images: each",
            "images_per_record: 2",
            "images: found beside loss: contrastive",
        ),
        (
            "name: a, loss: contrastive, l2_normalize: true, margin: 2",
            "images_per_record: 2",
            "margin: found 2; images of length 1 are at most 2 apart, so it must be below",
        ),
        (
            "name: a, loss: triplet, l2_normalize: true, margin: 4.5",
            "images_per_record: 3",
            "margin: found 4.5; images of length 1 are at most 4 apart (squared)",
        ),
        (
            "name: a, loss: triplet, identity: b",
            "",
            "l2_normalize: missing; triplets among the images of a batch",
        ),
        (
            "name: a, loss: triplet, lr_mult: 2",
            "images_per_record: 3",
            "lr_mult: found in a task without layers of its own",
        ),
        ("name: a, loss: contrastive, dim: [x, y]", "images_per_record: 2", "dim: found names"),
        # centers
        ("name: a, loss: center", "", "identity: missing; centers need the softmax task"),
        ("name: a, loss: center, identity: b", "", "must be a softmax task of each image"),
        ("name: a, loss: center, identity: b, dim: 8", "", "dim: a center task (center loss)"),
        ("name: a, loss: center, identity: b, margin: 1", "", "margin: a center task"),
        ("name: a, loss: center, identity: b, hidden: 8", "", "keep layers of its own"),
        ("name: a, loss: center, identity: b, dropout: 0.5", "", "keep layers of its own"),
        ("name: a, loss: center, identity: b, decay_mult: 2", "", "whose centers do not decay"),
        ("name: a, loss: center, identity: b, columns: 3", "", "found 1 column; the task reads"),
        (
            "name: a, loss: center, identity: b, images: each",
            "images_per_record: 2",
            "images: found beside loss: center",
        ),
    ],
)
def test_what_does_not_go_together_is_said(task: str, data: str, said: str) -> None:
    assert said in refused(f"data: {{{data}}}\ntasks: [{{{task}}}]")


def test_towers_want_several_images() -> None:
    text = f"backbone: {{name: lenet, towers: true}}\ntasks: [{{{NUMBERS}}}]"
    assert "backbone.towers: found with one image a record" in refused(text)


@pytest.mark.parametrize(
    ("task", "images"),
    [
        ("loss: hinge, classes: 3, images: concat", 2),
        ("loss: contrastive, dim: 8", 2),
        ("loss: triplet, dim: 8", 3),
        ("loss: center, identity: who", 2),
    ],
)
def test_a_loss_that_comes_to_0_learns_no_weight(task: str, images: int) -> None:
    def text(rule: str) -> str:
        return f"""
            data: {{images_per_record: {images}}}
            loss_weights: {rule}
            tasks:
              - {{name: kind, loss: softmax, classes: 3, images: concat}}
              - {{name: near, {task}}}
              - {{name: who, loss: softmax, classes: 3, images: each}}
        """

    assert "tasks[1].loss: found" in refused(text("learned"))
    load_tasks(yaml.safe_load(text("log")))


@pytest.mark.parametrize(("loss", "images"), [("contrastive", 2), ("triplet", 1), ("center", 1)])
def test_nobody_knows_who_unknown_images_are_of(loss: str, images: int) -> None:
    """They would all be of one identity; an Embed layer would read beside its rows."""
    each = "images: each, " if images > 1 else ""
    text = f"""
        data: {{images_per_record: {images}}}
        tasks:
          - {{name: id, loss: softmax, classes: 3, {each}ignore_label: -1}}
          - {{name: near, loss: {loss}, identity: id}}
    """
    assert "tasks[1].identity: found 'id', which has an ignore_label" in refused(text)


def test_layers_that_only_centers_teach_are_refused() -> None:
    """All images at one point is the best they can learn."""

    def text(group: str) -> str:
        return f"""
            groups: [{{name: face, hidden: 8}}]
            tasks:
              - {{name: id, loss: softmax, classes: 3{group}}}
              - {{name: near, loss: center, identity: id, group: face, loss_weight: 0.1}}
        """

    assert "tasks[1].group: found 'face', whose layers only centers teach" in refused(text(""))
    load_tasks(yaml.safe_load(text(", group: face")))


def test_hard_triplets_want_one_batch_size() -> None:
    pair = "images: i, labels: l, batch_size"
    text = f"""
        data: {{train: {{{pair}: 8}}, test: {{{pair}: 4}}}}
        tasks:
          - {{name: id, loss: softmax, classes: 3}}
          - {{name: near, loss: triplet, identity: id}}
    """
    assert "tasks[1].loss: found among the images of a batch" in refused(text)


def test_names_of_label_columns_do_not_meet() -> None:
    text = """
        data: {images_per_record: 2}
        tasks:
          - {name: id, loss: softmax, classes: 3, images: each}
          - {name: id_2, loss: softmax, classes: 3, images: concat}
    """
    assert "its label columns are called 'id_2', the name of tasks[1]" in refused(text)


def readers(text: str) -> dict[str, tuple[int, ...]]:
    schema = ResolvedTasks.of(load_tasks(yaml.safe_load(text))).schema
    return {task.name: task.columns for task in schema.tasks}


def test_each_image_has_labels_of_its_own() -> None:
    """Those of the first image first; a task that compares images reads none of its own."""
    found = readers("""
        data: {images_per_record: 2}
        tasks:
          - {name: id, loss: softmax, classes: 3, images: each}
          - {name: pose, loss: euclidean, dim: [yaw, tilt], images: each}
          - {name: verify, loss: contrastive, identity: id}
          - {name: same, loss: contrastive}
          - {name: scene, loss: softmax, classes: 4, images: concat}
    """)
    assert found == {
        "id_1": (0,),
        "id_2": (1,),
        "pose_1": (2, 3),
        "pose_2": (4, 5),
        "same": (6,),
        "scene": (7,),
    }


def test_weights_are_columns_that_others_leave() -> None:
    found = readers("""
        tasks:
          - {name: flags, loss: sigmoid, dim: 2, weight_columns: 1}
          - {name: size, loss: smooth_l1, dim: 1}
    """)
    assert found == {"flags": (0, 2), "flags_weight": (1,), "size": (3,)}


def test_weights_without_numbers_stand_behind_what_they_weigh() -> None:
    found = readers("""
        tasks:
          - {name: flags, loss: sigmoid, dim: 2, weight_columns: value}
          - {name: spot, loss: euclidean, dim: 1, columns: 3, weight_columns: record}
          - {name: size, loss: smooth_l1, dim: 1}
    """)
    assert found == {
        "flags": (0, 1),
        "flags_weight": (2, 4),
        "spot": (3,),
        "spot_weight": (5,),
        "size": (6,),
    }


def test_a_manifest_keeps_what_reads_columns() -> None:
    from caffe_multilabel.labels import read_label_schema  # noqa: PLC0415

    tasks: list[Any] = [
        {"name": "flags", "loss": "sigmoid", "dim": ["a", "b"], "weight_columns": "2-3"},
        {"name": "size", "loss": "smooth_l1", "dim": 1, "ignore_label": -1},
    ]
    schema = ResolvedTasks.of(load_tasks({"tasks": tasks})).schema
    assert read_label_schema(schema.to_json()) == schema
    assert schema.tasks[1].value_names == ("a_weight", "b_weight")
