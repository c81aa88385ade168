"""Whatever a table holds: no crash, and a task file that loads as it was meant."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import infer_tasks
from caffe_multilabel.tasks import parse_tasks
from infer_tools import table_of

NAMES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["id", "x1", "y1", "x2", "y2", "w", "h", "age", "label", "split", "c1", "c2"]),
    st.sampled_from(["a_x", "a_y", "b_1", "b_2", "b_3", "颜色", "level", "count", "time", "file"]),
)
TEXTS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["0", "1", "-1", "2", "255", "0.5", "yes", "no", "True", "", "NA", "a.jpg"]),
    st.sampled_from(["1e400", "inf", "1_0", "٣", "\udcff", "a|b", "a", "b", "-0", "1" * 400]),
    st.integers(-3, 300).map(str),
    st.floats(width=32).map(str),
)
COLUMNS = st.integers(1, 40).flatmap(
    lambda records: st.dictionaries(
        NAMES,
        st.lists(TEXTS, min_size=1, max_size=4).map(
            lambda texts: [texts[index * 7 % len(texts)] for index in range(records)]
        ),
        min_size=1,
        max_size=6,
    )
)


@settings(max_examples=300, deadline=None)
@given(columns=COLUMNS, header=st.booleans())
def test_any_table_is_decided_column_by_column(columns: dict[str, list[str]], header: bool) -> None:
    inferred = infer_tasks(table_of(columns, header=header))
    decided = [place for decision in inferred.decisions for place in decision.columns]
    assert sorted(decided) == list(range(len(columns)))
    json.dumps(inferred.to_dict(), allow_nan=False)
    if inferred.tasks:
        tasks = parse_tasks(inferred.to_yaml()).tasks
        assert tasks == inferred.task_file().tasks
        assert [task.name for task in tasks] == [task.name for task in inferred.tasks]
