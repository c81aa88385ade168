"""Arguments of a wrong type: an error of ours that names them, never a traceback from inside."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caffe_multilabel import (
    Error,
    OptionError,
    compute_mean,
    convert,
    label_stats,
    load_records,
    load_tasks,
    read_net,
    relabel,
    split,
    verify,
)

if TYPE_CHECKING:
    from pathlib import Path

WRONG = st.one_of(
    st.integers(-3, 3),
    st.floats(),
    st.booleans(),
    st.none(),
    st.binary(max_size=3),
    st.text(alphabet="a./\0\udc80", max_size=3),  # not "-", which is standard input
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.builds(object),
)
# The arguments of each function that may be anything at all.
CHECKED: dict[Any, str] = {
    convert: "records images labels root label_count tasks list_format gray resize encoded "
    "encode_type trust check_size label_shape shuffle seed threads on_bad_image max_bad overwrite "
    "resume ignore_free_space progress",
    load_records: "source label_count tasks list_format",
    load_tasks: "source",
    verify: "images labels records root sample seed label_count tasks list_format threads progress",
    relabel: "labels records images tasks label_count list_format allow_extra progress",
    compute_mean: "images threads progress",
    label_stats: "labels tasks threads",
    split: "list_file directory label_count tasks list_format seed val test",
    read_net: "path",
}
WANTED = {
    convert: {"records": [("a.jpg", [1])], "images": "i", "labels": "l"},
    load_records: {"source": [("a.jpg", [1])]},
    verify: {"images": "i", "labels": "l"},
    relabel: {"labels": "l", "records": [("a.jpg", [1])]},
    compute_mean: {"images": "i"},
    label_stats: {"labels": "l"},
    split: {"list_file": "list.txt", "val": 0.5},
}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        pytest.param(function, name, id=f"{function.__name__}-{name}")
        for function, names in CHECKED.items()
        for name in names.split()
    ],
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=WRONG)
def test_a_wrong_type_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: Any, name: str, value: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with suppress(Error):
        function(**(WANTED.get(function, {}) | {name: value}))


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
