"""Splitting keeps the lines of a list as they stand, and writes all parts or none."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe_multilabel import load_records, load_tasks
from caffe_multilabel.data.split import split
from caffe_multilabel.errors import ListError, OptionError, OutputError
from caffe_multilabel.lists.parts import parts_told

LINES = [f"some dir/{number:03}.png {number % 3} {number / 8}" for number in range(40)]


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{line}\n" for line in LINES))
    return path


def lines_of(*paths: Path) -> list[list[str]]:
    return [path.read_text().splitlines() for path in paths]


def test_parts_are_the_list_in_its_order(tmp_path: Path, list_file: Path) -> None:
    report = split(list_file, tmp_path / "new", val=0.2, test=0.1, stratify=True)
    parts = lines_of(*(tmp_path / "new" / f"{name}.txt" for name in ("train", "val", "test")))
    assert [len(part) for part in parts] == [28, 8, 4]
    assert [part.records for part in report.parts] == [28, 8, 4]
    assert [part.path for part in report.parts] == [
        str(tmp_path / "new" / f"{name}.txt") for name in ("train", "val", "test")
    ]
    assert sorted(chain.from_iterable(parts)) == LINES
    assert all(part == sorted(part) for part in parts)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.txt", b"a.png 1\nb.png 2\nc.png 3\nd.png 4\n"),
        ("no_end.txt", b"a.png 1\nb.png 2\nc.png 3\nd.png 4"),
        ("windows.txt", b"a.png 1\r\nb.png 2\r\nc.png 3\r\nd.png 4"),
        ("blank.lst", b"\n a.png   1 \n\n  \nb.png 2\nc.png 3\nd.png 4\n\n"),
        ("tabs.tsv", b"path\tage\n a\tb.png\t1\n".replace(b" a\t", b"a ") + b"b\t2\nc\t3\nd\t4\n"),
        ("table.csv", b'path,age\n"a,""b"".png",1\nb.png , 2\nc.png,3\nd.png,4\n'),
        ("excel.csv", b"\xef\xbb\xbfpath,age\r\na.png,1\r\nb.png,2\r\nc.png,3\r\nd.png,4\r\n"),
        ("bytes.txt", b"\xff\xfe.png 1\nb.png 2\nc.png 3\nd.png 4\n"),
    ],
)
def test_every_format_is_kept_and_reads_the_same(tmp_path: Path, name: str, text: bytes) -> None:
    (tmp_path / name).write_bytes(text)
    split(tmp_path / name, tmp_path / "new", val=0.25)
    ending = Path(name).suffix
    whole = load_records(tmp_path / name)
    parts = [tmp_path / "new" / f"{part}{ending}" for part in ("train", "val")]
    loaded = [load_records(part) for part in parts]
    assert [len(records) for records in loaded] == [3, 1]
    assert sorted(chain.from_iterable(records.core.paths() for records in loaded)) == sorted(
        whole.core.paths()
    )
    assert all(records.label_names == whole.label_names for records in loaded)
    for part in parts:
        content = part.read_bytes()
        head = text[: text.index(b"a")] if name == "excel.csv" else b""
        assert content.startswith(head[:3])
        assert content.endswith(b"\r\n" if b"\r\n" in text else b"\n")
        assert all(line in text for line in content.splitlines())


@pytest.mark.parametrize(
    ("texts", "names", "note"),
    [
        ("train val test train", ("train", "val", "test"), ""),
        ("0 1 2 0", ("train", "val", "test"), ": 0 is train, 1 is val, 2 is test"),
        ("Training dev Training", ("train", "val"), ": Training is train, dev is val"),
        ("test train", ("train", "val"), ": records to test with are those to validate with"),
    ],
)
def test_a_column_may_tell_the_parts(
    tmp_path: Path, texts: str, names: tuple[str, ...], note: str
) -> None:
    rows = [f"{place}.jpg,{text},{place}\n" for place, text in enumerate(texts.split())]
    (tmp_path / "all.csv").write_text("path,part,n\n" + "".join(rows))
    n = {"name": "n", "loss": "euclidean", "dim": 1}
    report = split(tmp_path / "all.csv", tmp_path, parts="part", tasks=load_tasks({"tasks": [n]}))
    assert tuple(part.name for part in report.parts) == names
    assert report.notes == (f"parts by column 'part'{note}",)
    told = parts_told("part", dict.fromkeys(texts.split()))
    assert told is not None
    for name in names:
        wanted = {"val": ("val",) if "val" in told.values() else ("test",)}.get(name, (name,))
        lines = [row for row, text in zip(rows, texts.split(), strict=True) if told[text] in wanted]
        assert (tmp_path / f"{name}.csv").read_text() == "path,part,n\n" + "".join(lines)


def test_a_column_that_tells_no_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("path,part,is_train,n\na.jpg,0,1,3\nb.jpg,1,0,4\n")
    with pytest.raises(ListError, match=r"'part' does not say which .* it holds 0, 1"):
        split(path, tmp_path, parts="part")
    with pytest.raises(OptionError, match="no column 'prat'; the columns are part, is_train, n"):
        split(path, tmp_path, parts="prat")
    with pytest.raises(OptionError, match="leave out val"):
        split(path, tmp_path, parts="part", val=0.1)
    with pytest.raises(OptionError, match="val is wanted"):
        split(path, tmp_path)
    assert split(path, tmp_path, parts="is_train").parts[0].records == 1
    assert "b.jpg" in (tmp_path / "val.csv").read_text()
    path.write_text("path,part,n\na.jpg,train,3\nb.jpg,val,3\nc.jpg,,4\n")
    n = {"name": "n", "loss": "euclidean", "dim": 1}
    with pytest.raises(ListError, match="says nothing of 1 record"):
        split(path, tmp_path, parts="part", tasks=load_tasks({"tasks": [n]}), overwrite=True)


@pytest.mark.parametrize("group", [None, "1"])
def test_lines_of_one_image_are_in_one_part(tmp_path: Path, group: str | None) -> None:
    """Also where the lines have other labels, and so are of several groups."""
    lines = [f"{index % 60}.jpg {index % 2} {index // 3}\n" for index in range(100)]
    (tmp_path / "list.txt").write_text("".join(lines))
    report = split(tmp_path / "list.txt", tmp_path, val=0.3, group=group, stratify=group is None)
    train, val = (Path(part.path).read_text(encoding="utf-8").split()[::3] for part in report.parts)
    assert len(train) + len(val) == 100
    assert set(train).isdisjoint(val)
    assert val
    assert report.notes[0].startswith("40 records with the path of an earlier one")


def test_an_image_in_several_parts_of_the_lists_own_is_said(tmp_path: Path) -> None:
    rows = ["a.jpg,0,train", "b.jpg,1,train", "c.jpg,0,val", "a.jpg,0,val", "b.jpg,1,train"]
    (tmp_path / "list.csv").write_text("path,kind,part\n" + "\n".join(rows) + "\n")
    kind = load_tasks({"tasks": [{"name": "kind", "loss": "softmax", "classes": 2}]})
    report = split(tmp_path / "list.csv", tmp_path, parts="part", tasks=kind)
    assert report.notes[-1].startswith(
        "warning: 1 image is in several parts by their paths, as 'a.j"
    )


def test_lists_that_are_there_are_kept(tmp_path: Path, list_file: Path) -> None:
    (tmp_path / "val.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"val\.txt: is there already"):
        split(list_file, tmp_path, val=0.1)
    assert (tmp_path / "val.txt").read_text() == "mine"
    assert not (tmp_path / "train.txt").exists()
    split(list_file, tmp_path, val=0.1, overwrite=True)
    train, val = lines_of(tmp_path / "train.txt", tmp_path / "val.txt")
    assert sorted(train + val) == LINES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.txt", "train.txt", "val.txt"]


def test_list_is_never_its_own_part(tmp_path: Path, list_file: Path) -> None:
    own = tmp_path / "train.txt"
    list_file.rename(own)
    before = own.read_bytes()
    with pytest.raises(OptionError, match="is the list itself"):
        split(own, tmp_path, val=0.1, overwrite=True)
    assert own.read_bytes() == before


def test_failure_leaves_the_old_lists(tmp_path: Path, list_file: Path) -> None:
    split(list_file, tmp_path, val=0.1, seed=1)
    before = [(tmp_path / name).read_bytes() for name in ("train.txt", "val.txt")]
    (tmp_path / ".val.txt.new").mkdir()
    with pytest.raises(OutputError, match=r"val\.txt"):
        split(list_file, tmp_path, val=0.1, seed=2, overwrite=True)
    assert [(tmp_path / name).read_bytes() for name in ("train.txt", "val.txt")] == before
    assert not (tmp_path / ".train.txt.new").exists()


def test_folder_in_the_way(tmp_path: Path, list_file: Path) -> None:
    (tmp_path / "val.txt").mkdir()
    with pytest.raises(OutputError, match=r"val\.txt: is a folder"):
        split(list_file, tmp_path, val=0.1, overwrite=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"val": 0}, "val must be more than 0"),
        ({"val": 0.5, "test": 0.5}, "something must be left to train with"),
        ({"val": 0.1, "test": -0.1}, "test 0 or more"),
        ({"val": "a tenth"}, "val is 'a tenth', must be a share such as 0.1"),
        ({"val": float("nan")}, "val is nan"),
        ({"val": "1/0"}, "val is '1/0'"),
        ({"val": "1e999999999"}, "val is '1e999999999', must be a share such as 0.1"),
        ({"val": "1e-999999999"}, "val is '1e-999999999', must be a share"),
        ({"val": 0.1, "test": "0e999999999"}, "test is '0e999999999', must be a share"),
        ({"val": "1e" + "9" * 30}, "must be a share such as 0.1"),
        ({"val": "1/" + "9" * 5000}, r"\.\.\. \(5004 characters\), must be a share"),
        ({"val": "0." + "1" * 5000}, "must be a share such as 0.1"),
        ({"val": 0.001}, "val would be empty: its share of 40 records is 0"),
        ({"val": 0.1, "seed": -1}, "seed is -1"),
        ({"val": 0.1, "group": "2"}, "group is column 2, but the columns are 0 to 1"),
        ({"val": 0.1, "group": "(["}, "neither a label column nor a regular expression"),
        ({"val": 0.1, "group": "dir"}, "val would be empty: .* less than any group"),
    ],
)
def test_options_out_of_range(
    tmp_path: Path, list_file: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        split(list_file, tmp_path / "new", **options)  # type: ignore[arg-type]  # wrong on purpose
    assert not (tmp_path / "new").exists()


def test_standard_input_cannot_be_read_twice(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="not standard input"):
        split("-", tmp_path, val=0.1)


def test_bad_list(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.png 1\nb.png\n")
    with pytest.raises(ListError, match="line 2"):
        split(tmp_path / "list.txt", tmp_path, val=0.5)
    with pytest.raises(ListError, match="No such file"):
        split(tmp_path / "none.txt", tmp_path, val=0.5)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.floats(-9, 9, width=32)), min_size=4, max_size=60
    ),
    val=st.fractions(Fraction(1, 3), Fraction(1, 2), max_denominator=1000),
    test=st.sampled_from([Fraction(0), Fraction(1, 4)]),
    seed=st.integers(0, 2**63 - 1),
    stratify=st.booleans(),
)
def test_any_list_is_parted_in_the_sizes_asked_for(
    rows: list[tuple[int, float]], val: Fraction, test: Fraction, seed: int, *, stratify: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "list.txt")
        lines = [f"{number}.png {kind} {size!r}" for number, (kind, size) in enumerate(rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
        report = split(path, folder, val=val, test=test, seed=seed, stratify=stratify)
        parts = lines_of(*(Path(part.path) for part in report.parts))
        assert sorted(chain.from_iterable(parts)) == sorted(lines)
        assert [len(part) for part in parts[1:]] == [
            round(len(rows) * share) for share in (val, test)[: len(parts) - 1]
        ]
