"""Arguments of a wrong type: an error of ours that names them, never a traceback from inside."""

from __future__ import annotations

import inspect
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import caffe_multilabel
from caffe_multilabel import (
    Batches,
    Error,
    MultilabelDataset,
    OptionError,
    TaskFileError,
    TransformKeywords,
    compute_mean,
    convert,
    draw_sample,
    export_files,
    export_webdataset,
    generate,
    infer_tasks,
    label_stats,
    lint_net,
    lint_solver,
    load_records,
    load_tasks,
    make_report,
    read_log,
    read_net,
    read_solver,
    read_table,
    relabel,
    show_record,
    split,
    tasks_from_options,
    verify,
)
from caffe_multilabel.caffe.proto import parse_binary, parse_text, read_binary
from caffe_multilabel.caffe.proto.blobs import array_to_blob
from caffe_multilabel.nets.lint.table import find_rule


def stays_here(path: str) -> bool:
    """Root may write to /, and the calls do what they are asked to."""
    return not path.startswith("/")


SCALARS = st.one_of(
    st.integers(-3, 3),
    st.floats(),
    st.booleans(),
    st.none(),
    st.binary(max_size=3),
    # Not "-", which is standard input.
    st.text(alphabet="a./\0\udc80", max_size=3).filter(stays_here),
    st.builds(object),
)
WRONG = st.one_of(
    SCALARS,
    st.just(Path("a")),
    st.just(np.zeros(2)),
    st.just(np.array("x")),
    st.lists(SCALARS, max_size=3),
    st.tuples(SCALARS, SCALARS),
    st.lists(st.lists(st.integers(), max_size=1), min_size=1, max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["data", "a"]), SCALARS, max_size=2),
)
METHODS = (
    "MultilabelDataset",
    "MultilabelDataset.batches",
    "MultilabelDataset.labels",
    "GeneratedNet.files",
    "GeneratedNet.write",
    "LabelSchema.over",
    "ProtoSchema.load",
    "Report.write",
    "ShownRecord.write_image",
)
FUNCTIONS = tuple(
    name for name in caffe_multilabel.__all__ if inspect.isfunction(getattr(caffe_multilabel, name))
)


def of_package(name: str) -> Any:
    found: Any = caffe_multilabel
    for part in name.split("."):
        found = getattr(found, part)
    return found


def parameters(name: str) -> list[str]:
    """The arguments of a public function or method, keywords of the transform included."""
    named: list[str] = []
    for each in inspect.signature(of_package(name)).parameters.values():
        is_transform = each.kind is inspect.Parameter.VAR_KEYWORD
        named += TransformKeywords.__annotations__ if is_transform else [each.name]
    return [each for each in named if each != "self"]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, dict[str, Any]]]:
    """What is called, and arguments with which each of them does its work."""
    folder = tmp_path_factory.mktemp("calls")
    draw_sample(folder / "sample", 10, size=(32, 40))
    listed, tasks = folder / "sample" / "train.txt", load_tasks(folder / "sample" / "tasks.yaml")
    pair = {"images": folder / "images", "labels": folder / "labels"}
    root = folder / "sample"
    convert(listed, root=root, **pair, tasks=tasks, resize=(32, 32))
    (folder / "caffe.log").write_text("Iteration 0, loss = 2.5\n")
    net = generate(tasks)
    net.write(folder / "net")
    data = MultilabelDataset(**pair)
    assert data.label_schema is not None
    images, labels = {"images": pair["images"]}, {"labels": pair["labels"]}
    record = ("a.jpg", [1])
    wanted: dict[str, dict[str, Any]] = {
        "compute_mean": images,
        "convert": {"records": [record], "images": "images", "labels": "labels"},
        "draw_sample": {"directory": "sample", "count": 10, "size": (32, 33)},
        "export_files": {**pair, "directory": "files"},
        "export_webdataset": {**pair, "pattern": "shard.tar"},
        "generate": {"tasks": tasks},
        "infer_shapes": {"net": net.deploy, "phase": "TEST"},
        "infer_tasks": {"source": root / "train.csv"},
        "join_parts": {"train": read_table(listed), "val": read_table(listed)},
        "label_stats": labels,
        "lint_net": {"net_or_path": net.train_val},
        "lint_solver": {"solver_or_path": net.solver},
        "load_records": {"records": [record]},
        "make_pairs": {"table": read_table(root / "train.csv"), "count": 4, "identity": "kind"},
        "make_report": pair,
        "make_triplets": {"table": read_table(root / "train.csv"), "count": 4, "identity": "kind"},
        "read_label_statistics": {**labels, "tasks": tasks},
        "read_log": {"paths": folder / "caffe.log"},
        "read_net": {"path": folder / "net" / "deploy.prototxt"},
        "read_solver": {"path": folder / "net" / "solver.prototxt"},
        "read_table": {"source": listed},
        "relabel": {**labels, "records": listed, "dry_run": True},
        "show_record": pair,
        "split": {"list_file": listed, "val": 0.5},
        # It would run for seconds; what a list lacks is said last.
        "start": {"source": "no.csv", "project": "project"},
        "propose_net": {"table": read_table(listed), "tasks": infer_tasks(listed)},
        "tasks_from_options": {
            "backbone": "lenet",
            "tasks": ["kind:softmax:6"],
            "train": ("images", "labels"),
        },
        "verify": pair,
        "write_list": {"table": read_table(listed), "path": "list.csv"},
        "write_log": {"log": read_log(folder / "caffe.log"), "path": "log.csv"},
        "write_mean": {"report": compute_mean(**images), "path": "mean.binaryproto"},
        "MultilabelDataset": pair,
        "MultilabelDataset.batches": {"batch_size": 2},
        "GeneratedNet.write": {"directory": "net"},
    }
    owners: dict[str, Any] = {
        "MultilabelDataset.batches": data,
        "MultilabelDataset.labels": data,
        "GeneratedNet.files": net,
        "GeneratedNet.write": net,
        "LabelSchema.over": data.label_schema,
        "Report.write": make_report(**pair),
        "ShownRecord.write_image": show_record(**pair),
    }
    return {
        name: (
            getattr(owners[name], name.split(".")[1]) if name in owners else of_package(name),
            wanted.get(name, {}),
        )
        for name in (*FUNCTIONS, *METHODS)
    }


def work(function: Any, arguments: dict[str, Any]) -> None:
    """Call a function; of batches, take them all."""
    result = function(**arguments)
    if isinstance(result, Batches):
        list(result)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        pytest.param(function, name, id=f"{function}-{name}")
        for function in (*FUNCTIONS, *METHODS)
        for name in parameters(function)
    ],
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=WRONG)
def test_a_wrong_type_is_an_error_of_ours(
    calls: Any, monkeypatch: pytest.MonkeyPatch, function: str, name: str, value: Any
) -> None:
    call, wanted = calls[function]
    # The docstring of `indices` promises the error of any sequence.
    allowed = (Error, IndexError) if name == "indices" else Error
    with (
        tempfile.TemporaryDirectory() as folder,
        monkeypatch.context() as patched,
        suppress(allowed),
    ):
        patched.chdir(folder)
        work(call, wanted | {name: value})


@pytest.mark.parametrize("function", [*FUNCTIONS, "MultilabelDataset", "MultilabelDataset.batches"])
def test_an_unknown_keyword_is_a_type_error(calls: Any, function: str) -> None:
    call, wanted = calls[function]
    with pytest.raises(TypeError, match="keyword argument"):
        call(**wanted, thread=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"records": 123}, "records are 123, must be the path of a list, pairs (path, labels)"),
        ({"resize": 256}, "resize is 256, must be (width, height)"),
        ({"images": 5}, "images is 5, must be a path"),
        ({"gray": "yes"}, "gray is 'yes', must be True or False"),
        ({"encode_type": None}, "encode_type is None, must be 'jpg', 'png' or ''"),
        ({"tasks": 5}, "tasks are 5, must be a path, a mapping or a TaskFile"),
        ({"progress": 5}, "progress is 5, must be a function or None"),
    ],
)
def test_convert_says_what_is_allowed(tmp_path: Path, arguments: Any, said: str) -> None:
    wanted = {
        "records": [("a.jpg", [1])],
        "images": tmp_path / "images",
        "labels": tmp_path / "labels",
    }
    with pytest.raises(OptionError) as caught:
        convert(**(wanted | arguments))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: split("list.txt", val=0.5, group=3), "group is 3, must be a label column, its"),
        (lambda: lint_net(5), "the net is 5, must be a path or a NetParameter"),
        (lambda: lint_net("net.prototxt", proto="a"), "proto is 'a', must be a ProtoSchema, which"),
        (lambda: lint_solver(None), "the solver is None, must be a path or a SolverParameter"),
        (lambda: read_net("net.prototxt", proto=1), "proto is 1, must be a ProtoSchema, which"),
        (lambda: read_log(5), "paths is 5, must be a path or paths"),
        (lambda: read_log([5]), "a path is 5, must be a path"),
        (lambda: draw_sample("sample", "many"), "count is 'many', must be a whole number"),
        (lambda: draw_sample("sample", size=64), "size is 64, must be (least side, largest side)"),
        (lambda: export_files("i", "l", ""), "directory is '', must be a folder with a name"),
        (lambda: export_files("i", "l", "e", progress=1), "progress is 1, must be a function or"),
        (lambda: export_webdataset("i", "l", Path("a"), overwrite="no"), "overwrite is 'no', must"),
        (lambda: make_report("i", "l", val="val"), "val is 'val', must be the paths (images, labe"),
        (lambda: generate(["tasks.yaml"]), "tasks are ['tasks.yaml'], must be a path, a mapping"),
        (
            lambda: tasks_from_options(backbone="lenet", tasks=[1], train=("i", "l")),
            "a task is 1, must be text, as in color:softmax:8",
        ),
        (lambda: load_records(5), "records are 5, must be the path of a list, pairs (path, label"),
        (lambda: read_net(123), "path is 123, must be a path"),
        (lambda: read_solver(None), "path is None, must be a path"),
        (lambda: read_binary(b"a", "BlobProto"), "path is b'a', must be a path"),
        (lambda: parse_text(3, "NetParameter"), "text is 3, must be the content of a prototxt, as"),
        (lambda: parse_text("", ["a"]), "the message is ['a'], must be its short name"),
        (lambda: parse_text("", "NetParameter", proto=3), "proto is 3, must be a ProtoSchema, whi"),
        (lambda: parse_binary("a", "BlobProto"), "content is 'a', must be bytes"),
        (lambda: array_to_blob([1], proto="a"), "proto is 'a', must be a ProtoSchema, which"),
        (lambda: find_rule([]), "rule_id is [], must be the id of a rule, as text"),
    ],
)
def test_it_says_what_is_allowed(call: Any, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        call()
    assert said in caught.value.message


@pytest.mark.parametrize("wrong", [b"x", np.array([b"x"])])
@pytest.mark.parametrize(
    "call",
    [
        lambda pair, wrong: MultilabelDataset(pair["images"], wrong),
        lambda pair, wrong: show_record(pair["images"], wrong),
        lambda _, wrong: label_stats(wrong),
        lambda _, wrong: relabel(wrong, [("a.jpg", [1])]),
        lambda pair, wrong: export_webdataset(pair["images"], wrong, "a.tar"),
        lambda pair, wrong: verify(pair["images"], wrong),
    ],
)
def test_bytes_are_no_path(calls: Any, call: Any, wrong: Any) -> None:
    with pytest.raises(OptionError, match="must be a path"):
        call(calls["verify"][1], wrong)


@pytest.mark.parametrize("sizes", ["394", [3.9, 9, 4], [3, "9", 4], 5, {"a": 3}])
def test_shapes_are_whole_numbers(calls: Any, sizes: Any) -> None:
    infer_shapes, wanted = calls["infer_shapes"]
    with pytest.raises(
        OptionError, match=r"data_shapes\['data'\] is .*, must be whole numbers"
    ) as e:
        infer_shapes(**wanted, data_shapes={"data": sizes})
    assert e.value.key == "data"


def test_no_records_a_batch_in_test_is_an_error() -> None:
    pair = ("images", "labels")
    with pytest.raises(TaskFileError) as caught:
        tasks_from_options(
            backbone="lenet",
            tasks=["kind:softmax:7"],
            train=pair,
            test=pair,
            batch_size=64,
            test_batch_size=0,
        )
    assert caught.value.key == "data.test.batch_size"


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"drop_last": "no"}, "drop_last is 'no', must be True or False"),
        ({"mirror": np.zeros(2)}, "mirror is array([0., 0.]), must be True or False"),
        (
            {"indices": [[], [0]]},
            "indices must be whole numbers, in a list or an array of one axis",
        ),
        ({"phase": 1}, "phase is 1, must be 'TRAIN' or 'TEST'"),
        ({"crop_size": "8"}, "crop_size is '8', must be a whole number"),
    ],
)
def test_batches_say_what_is_allowed(calls: Any, keywords: Any, said: str) -> None:
    batches, _ = calls["MultilabelDataset.batches"]
    with pytest.raises(OptionError) as caught:
        batches(2, **keywords)
    assert said in caught.value.message


def test_shards_may_have_a_path_of_any_kind(calls: Any, tmp_path: Path) -> None:
    export, wanted = calls["export_webdataset"]
    shards = export(**wanted | {"pattern": tmp_path / "a-%d.tar"}).paths
    assert shards == (str(tmp_path / "a-0.tar"),)
