"""Records from a program, and any bytes as a list: taken, or refused with an error of ours."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from caffe_multilabel import ListError, OptionError, convert, load_records
from lmdb_tools import datums, records

if TYPE_CHECKING:
    from caffe_multilabel.data.records import ListFormat
    from image_tools import ImageFolder

PATHS = ["a.jpg", "b.jpg"]


def parsed(source: Any, **options: Any) -> tuple[list[bytes], list[list[float]]]:
    core = load_records(source, **options).core
    return core.paths(), core.labels().tolist()


@pytest.mark.parametrize(
    "source",
    [
        [("a.jpg", [1, 2]), ("b.jpg", (3, 4.5))],
        (("a.jpg", [1, 2]), ("b.jpg", [3, 4.5])),
        iter([(Path("a.jpg"), np.array([1, 2])), ("b.jpg", [np.float16(3), 4.5])]),
        {"a.jpg": [1, 2], "b.jpg": [3, 4.5]}.items(),
        (PATHS, [[1, 2], [3, 4.5]]),
        (PATHS, np.array([[1, 2], [3, 4.5]], dtype=np.float64)),
        (PATHS, np.array([[1, 3], [2, 4.5]], order="F").T),
        (PATHS, np.array([[1, 2, 0], [3, 4.5, 0]])[:, :2]),
        (np.array(PATHS), np.array([[1, 2], [3, 4.5]], dtype=object)),
        ((path for path in PATHS), [[1, 2], [3, 4.5]]),
    ],
)
def test_sources_that_say_the_same(source: Any) -> None:
    assert parsed(source) == ([b"a.jpg", b"b.jpg"], [[1, 2], [3, 4.5]])


def test_one_label_needs_no_list() -> None:
    expected: tuple[list[bytes], list[list[float]]] = [b"a.jpg", b"b.jpg"], [[1], [0]]
    assert parsed((PATHS, [1, 0])) == expected
    assert parsed([("a.jpg", 1), ("b.jpg", 0)]) == expected
    assert parsed((PATHS, np.array([True, False]))) == expected


def test_more_axes_become_the_shape_of_the_label_datum(
    image_folder: ImageFolder, tmp_path: Path
) -> None:
    labels = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
    source = image_folder.names[:2], labels
    assert load_records(source).label_shape == (3, 2, 2)
    assert load_records((PATHS, labels[:, :, 0])).label_shape is None
    for name, shape, wanted in [("a", None, (3, 2, 2)), ("b", (1, 4, 3), (1, 4, 3))]:
        convert(
            source,
            root=image_folder.folder,
            images=tmp_path / f"{name} images",
            labels=tmp_path / name,
            label_shape=shape,
        )
        for datum, row in zip(datums(tmp_path / name), labels, strict=True):
            assert (datum.channels, datum.height, datum.width) == wanted
            assert list(datum.float_data) == row.ravel().tolist()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ([], "there are no records"),
        (([], []), "there are no records"),
        ([("a.jpg", [1, 2]), ("b.jpg", [1])], "as many for each record"),
        ([("a.jpg", ["cat"])], "labels must be numbers"),
        ((PATHS, [[1], [None]]), "record 2: label 1: nan is not finite"),
        ((PATHS, np.array([[1j], [2]])), "labels must be numbers"),
        ((PATHS, np.array([["1"], ["2"]])), "labels must be numbers"),
        ((["a.jpg"], [[2**2000]]), "labels must be numbers"),
        ([("a.jpg", [1e300])], "record 1: label 1: inf is not finite"),
        ((PATHS, [[0.0, 1.0], [0.0, float("nan")]]), "record 2: label 2: nan is not finite"),
        ((PATHS, np.zeros((3, 2))), r"labels have shape \(3, 2\), must be \(2, \.\.\.\)"),
        ((PATHS, 5), r"labels have shape \(\), must be \(2, \.\.\.\)"),
        ((PATHS, np.zeros((2, 0))), "has 0 labels, want 1"),
        ([("a.jpg", [1]), ("b.jpg",)], r"record 2 is \('b.jpg',\), must be \(path, labels\)"),
        ([(5, [1])], r"record 1 is \(5, \[1\]\), must be \(path, labels\)"),
        ([("a\udfff.jpg", [1])], r"must be \(path, labels\)"),
        ("ab", "No such file"),
        (["a.jpg", "b.jpg"], "record 1 is 'a.jpg', must be"),
        (("a.jpg", [1, 2]), "record 1 is 'a.jpg', must be"),
        ([("", [1])], "record 1: the path is empty"),
        ([("a\0b", [1])], "record 1: the path holds a zero byte"),
    ],
)
def test_sources_that_do_not_fit(source: Any, said: str) -> None:
    with pytest.raises(ListError, match=said):
        load_records(source)


def test_bad_records_are_all_found() -> None:
    with pytest.raises(ListError) as caught:
        load_records((["a.jpg"] * 30, np.full((30, 1), np.inf)))
    first, *rest = caught.value.message.splitlines()
    assert first == "records: 30 bad records"
    assert (len(rest), rest[-1]) == (21, "  and 10 more")


def test_label_count_is_compared() -> None:
    assert parsed([("a.jpg", [1, 2])], label_count=2) == ([b"a.jpg"], [[1, 2]])
    with pytest.raises(ListError, match="records have 2 labels, want 3"):
        load_records([("a.jpg", [1, 2])], label_count=3)


def test_tasks_check_numbers_from_a_program(tmp_path: Path) -> None:
    path = tmp_path / "tasks.yaml"
    path.write_text("tasks: [{name: color, loss: softmax, classes: 3}]\n")
    schema = load_records([("a.jpg", [2])], tasks=path).label_schema
    assert schema is not None
    assert schema.label_count == 1
    with pytest.raises(ListError, match="record 1: label 1: task 'color': 3 is not allowed"):
        load_records([("a.jpg", [3])], tasks=path)


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("list\0.txt", {}, "the list is 'list.x00.txt', which holds a zero byte"),
        ("", {}, "the path of the list is empty"),
        ("list.txt", {"list_format": "xml"}, "list_format is 'xml', must be auto, space"),
        ("list.txt", {"label_count": 1.5}, "label_count is 1.5, must be a whole number"),
        ((["a\udfff.jpg"], [1]), {}, "which the file system cannot encode"),
        ("list.txt", {"list_format": "x" * 10**6}, r"x\.\.\. \(1000002 characters\), must be"),
        ("a\0" + "x" * 10**6, {}, r"x\.\.\. \(1000007 characters\), which holds a zero byte"),
    ],
)
def test_arguments_out_of_range(source: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        load_records(source, **options)


def test_a_long_record_is_cut_in_its_message() -> None:
    with pytest.raises(ListError, match=r"^record 1 is .*x\.\.\. \(\d+ characters\), must be"):
        load_records([("a.jpg", [1], "x" * 10**6)])  # type: ignore[list-item]  # on purpose


@pytest.mark.parametrize(
    "source",
    [
        ([b"a.jpg", b"b.jpg"], [[1], [2]]),
        (np.array([b"a.jpg", b"b.jpg"]), [[1], [2]]),
        ([b"a.jpg", "b.jpg"], [[1], [2]]),
        ([Path("a.jpg"), b"b.jpg"], [[1], [2]]),
        [(b"a.jpg", [1]), ("b.jpg", [2])],
        ((b"a.jpg", [1]), (b"b.jpg", [2])),
    ],
)
def test_paths_may_be_bytes(source: Any) -> None:
    core = load_records(source).core
    assert (core.paths(), core.labels().tolist()) == ([b"a.jpg", b"b.jpg"], [[1], [2]])


def test_paths_of_a_list_make_records_again() -> None:
    core = load_records([(b"\xff.jpg", [1])]).core
    assert load_records((core.paths(), core.labels())).core.digest == core.digest
    with pytest.raises(ListError, match="record 1: the path holds a zero byte"):
        load_records(([b"a\0b"], [[1]]))


def test_what_a_program_raises_comes_through() -> None:
    def rows() -> Any:
        yield "a.jpg", [1]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load_records(rows())


def test_odd_names_reach_the_keys_and_rejects_stay_one_a_line(
    image_folder: ImageFolder, tmp_path: Path
) -> None:
    data = (image_folder.folder / "00.png").read_bytes()
    names = ["a\nb.png", "tab\there.png", "quote'\".png", "\x1b[31m.png", "ab\u2028.png"]
    for name in names[:-1]:
        (tmp_path / name).write_bytes(data)
    rows = [*((name, [1]) for name in names), ("no\n\t\r.png", [1])]
    report = convert(rows, root=tmp_path, images=tmp_path / "i", labels=tmp_path / "l")
    keys = [b"%08d_%s" % (index, name.encode()) for index, name in enumerate(names[:-1])]
    assert [key for key, _ in records(tmp_path / "i")] == keys
    assert report.rejects_path is not None
    root, odd = os.fsencode(tmp_path), rb"\x0a\x09\x0d.png"
    assert Path(report.rejects_path).read_bytes().split(b"\n") == [
        b"line\tpath\tproblem",
        b"5\tab\xe2\x80\xa8.png\tcannot open %s/ab\xe2\x80\xa8.png: No such file or directory"
        % root,
        b"6\tno%s\tcannot open %s/no%s: No such file or directory" % (odd, root, odd),
        b"",
    ]


@settings(max_examples=300)
@given(
    content=st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                b"a.jpg",
                b" ",
                b"\t",
                b",",
                b'"',
                b"\n",
                b"\r\n",
                b"\xef\xbb\xbf",
                b"1",
                b"-2.5",
                b"nan",
                b"1e99",
                b"red",
                b"\x00",
                b"\xff",
                b"x" * 490,
                b"path,kind\n",
            ]
        ),
        max_size=30,
    ).map(b"".join),
    list_format=st.sampled_from(["auto", "space", "tab", "csv"]),
    label_count=st.none() | st.integers(1, 4),
    suffix=st.sampled_from([".txt", ".csv", ".tsv"]),
    with_tasks=st.booleans(),
)
@example(b"a\n", "space", None, ".txt", False)
@example(b"\xff\xfea\0 \x001\0\n\0", "auto", None, ".txt", False)
def test_any_bytes_are_a_list_or_a_list_error(
    content: bytes,
    list_format: ListFormat,
    label_count: int | None,
    suffix: str,
    with_tasks: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list").with_suffix(suffix)
        path.write_bytes(content)
        tasks = Path(folder, "tasks.yaml")
        task = {"name": "kind", "loss": "softmax", "classes": ["red", "1", "-2.5"]}
        tasks.write_text(json.dumps({"tasks": [task]}), encoding="utf-8")
        options: Any = {
            "list_format": list_format,
            "label_count": label_count,
            "tasks": tasks if with_tasks else None,
        }
        try:
            loaded = load_records(path, **options)
        except ListError:
            return
        labels = loaded.core.labels()
        assert labels.shape == (len(loaded), label_count or loaded.core.label_count)
        assert np.isfinite(labels).all()
        assert all(0 < len(path) <= 497 for path in loaded.core.paths())


def test_records_can_be_pickled() -> None:
    loaded = load_records((PATHS, np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)))
    copy = pickle.loads(pickle.dumps(loaded))
    assert (copy.core.paths(), copy.core.digest) == (loaded.core.paths(), loaded.core.digest)
    assert copy.core.labels().tolist() == loaded.core.labels().tolist()
    assert copy.label_shape == loaded.label_shape == (3, 2, 2)
    assert pickle.dumps(copy) == pickle.dumps(loaded)


def test_records_go_to_a_spawned_process(tmp_path: Path) -> None:
    """And keep the lines of the list, which rejects are told by."""
    (tmp_path / "list.csv").write_text("path,color\n\na.jpg,1\n\ngone.jpg,0\n")
    (tmp_path / "tasks.yaml").write_text("tasks: [{name: color, loss: softmax, classes: 2}]\n")
    loaded = load_records(tmp_path / "list.csv", tasks=tmp_path / "tasks.yaml")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        copy = pool.submit(pickle.loads, pickle.dumps(loaded)).result(timeout=60)
    assert (copy.label_schema, copy.label_names) == (loaded.label_schema, ["color"])
    assert copy.core.digest == loaded.core.digest
    state = copy.core.__getstate__()
    assert state[3].tolist() == [3, 5]


def test_a_wrong_pickle_is_refused() -> None:
    core = load_records((PATHS, [[1, 2], [3, 4.5]])).core
    count, paths, labels, lines, images = core.__getstate__()
    for state in (
        (count, paths, labels, lines),
        (3, paths, labels, lines, images),
        (count, paths, labels, [1], images),
        (count, paths, labels, lines, 2),
    ):
        with pytest.raises(OptionError, match="pickled list"):
            type(core).__new__(type(core)).__setstate__(state)
