"""Pairs and triplets made of a list of single images, and `caffe-multilabel list --pairs`."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caffe_multilabel import (
    Column,
    ImageTable,
    ImageTuples,
    ListError,
    OptionError,
    make_pairs,
    make_triplets,
    write_list,
)
from caffe_multilabel.lists.tuples.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_tools import RunCommand


def table(identities: list[str], makes: list[str] | None = None) -> ImageTable:
    columns = [Column.of("id", identities)]
    if makes is not None:
        columns.append(Column.of("make", makes))
    paths = [f"{place}.jpg" for place in range(len(identities))]
    return ImageTable("list.csv", paths, tuple(columns), np.arange(2, len(paths) + 2))


@st.composite
def tables(draw: st.DrawFn) -> ImageTable:
    """Lists of identities with any number of images, unknown ones too, and of makes."""
    codes = draw(st.lists(st.sampled_from(["", "a", "b", "c", "d", "e"]), max_size=24))
    makes = draw(st.lists(st.sampled_from(["", "x", "y"]), min_size=24, max_size=24))
    return table(codes, makes[: len(codes)])


def said_most(error: OptionError) -> int:
    """How many there can be, by an error."""
    if "tells of no image" in error.message:
        return 0
    found = re.search(r"has (\d+):", error.message)
    assert found is not None
    return int(found[1])


Rule = str | None


def fits(cells: list[list[str]], anchor: int, negative: int, rule: Rule) -> bool:
    """Whether an image can be another's negative, by the words of the documentation."""
    ids, makes = cells
    if not ids[anchor] or not ids[negative] or ids[anchor] == ids[negative]:
        return False
    if rule is None:
        return True
    if not makes[anchor] or not makes[negative]:
        return False
    return (makes[anchor] == makes[negative]) == (rule == "hard")


RULES = st.sampled_from([None, "hard", "easy"])


@settings(max_examples=100, deadline=None)
@given(listed=tables(), rule=RULES, seed=st.integers(0, 3), data=st.data())
def test_pairs_are_what_was_asked_for(
    listed: ImageTable, rule: Rule, seed: int, data: st.DataObject
) -> None:
    """Up to the very last pair that there can be."""
    ids, makes = (column.cells() for column in listed.columns)
    both = [(one, other) for one in range(len(ids)) for other in range(one)]
    of_one = sum(bool(ids[one]) and ids[one] == ids[other] for one, other in both)
    of_two = sum(fits([ids, makes], *pair, rule) for pair in both)
    same, other = (data.draw(st.integers(0, most)) for most in (of_one, of_two))
    assume(same + other)
    keywords = {} if rule is None else {rule: "make"}
    share = Fraction(same, same + other)
    pairs = make_pairs(listed, same + other, identity="id", same_share=share, seed=seed, **keywords)
    rows = pairs.rows.tolist()
    assert len({frozenset(row) for row in rows}) == len(rows) == same + other
    told = pairs.columns[0].cells()
    assert told.count("1") == same
    for (one, two), label in zip(rows, told, strict=True):
        if label == "1":
            assert one != two
            assert ids[one] == ids[two] != ""
        else:
            assert fits([ids, makes], one, two, rule)
    for share, most in ((1, of_one), (0, of_two)):
        with pytest.raises(OptionError) as caught:
            make_pairs(listed, most + 1, identity="id", same_share=share, **keywords)
        assert said_most(caught.value) == most


@settings(max_examples=100, deadline=None)
@given(listed=tables(), rule=RULES, seed=st.integers(0, 3), data=st.data())
def test_triplets_are_what_was_asked_for(
    listed: ImageTable, rule: Rule, seed: int, data: st.DataObject
) -> None:
    """Up to the very last triplet that there can be; the margin is that of the level."""
    ids, makes = (column.cells() for column in listed.columns)
    images = range(len(ids))
    most = sum(
        fits([ids, makes], anchor, negative, rule) * (ids.count(ids[anchor]) - 1)
        for anchor in images
        for negative in images
    )
    keywords: dict[str, Any] = {} if rule is None else {rule: "make"}
    with pytest.raises(OptionError) as caught:
        make_triplets(listed, most + 1, identity="id", **keywords)
    assert said_most(caught.value) == most
    assume(most)
    count = data.draw(st.one_of(st.integers(1, most), st.just(most)))
    keywords["margins"] = {"make": "0.60", "id": 0.3}
    triplets = make_triplets(listed, count, identity="id", seed=seed, **keywords)
    rows = triplets.rows.tolist()
    assert len(set(map(tuple, rows))) == len(rows) == count
    for (anchor, positive, negative), margin in zip(rows, triplets.columns[0].cells(), strict=True):
        assert anchor != positive
        assert ids[anchor] == ids[positive]
        assert fits([ids, makes], anchor, negative, rule)
        assert margin == ("0.60" if "" != makes[anchor] != makes[negative] != "" else "0.3")


def test_identities_take_part_equally_often_whatever_their_images() -> None:
    """As far as their images allow: one that has all its pairs has no more."""
    ids = [f"p{place}" for place in range(40) for _ in range(4 + place % 30)]
    alone = [f"alone{place}" for place in range(10)]
    listed = table([*ids, "x", "x", *alone])
    names = np.array(listed.columns[0].cells())
    pairs = make_pairs(listed, 800, identity="id")
    same = pairs.columns[0].codes == 1
    in_same = Counter(names[pairs.rows[same, 0]].tolist())
    assert in_same.pop("x") == 1
    small = [name for name in in_same if ids.count(name) == 4]
    assert {in_same.pop(name) for name in small} == {6}
    assert set(in_same.values()) == {10, 11}
    in_other = Counter(names[pairs.rows[~same]].reshape(-1).tolist())
    assert len(in_other) == 51
    assert max(in_other.values()) - min(in_other.values()) <= 2
    triplets = make_triplets(listed, 1000, identity="id")
    anchors, _, negatives = (Counter(names[column].tolist()) for column in triplets.rows.T)
    assert set(anchors.values()) == {24, 25}
    assert set(negatives.values()) == {19, 20}


def test_images_take_part_equally_often_too() -> None:
    """As one of two identities, and as negatives."""
    listed = table([f"p{place}" for place in range(20) for _ in range(10)])
    pairs = make_pairs(listed, 400, identity="id", same_share=0)
    counts = np.bincount(pairs.rows.reshape(-1), minlength=200)
    assert counts.min() >= 3
    assert counts.max() <= 5
    negatives = make_triplets(listed, 400, identity="id").rows[:, 2]
    assert set(np.bincount(negatives, minlength=200).tolist()) == {2}


def test_hard_negatives_are_balanced_in_their_pools() -> None:
    places = range(300)
    listed = table([f"p{place // 5}" for place in places], [f"m{place // 50}" for place in places])
    triplets = make_triplets(listed, 600, identity="id", hard="make")
    negatives = np.array(listed.columns[0].codes)[triplets.rows[:, 2]]
    counts = np.bincount(negatives, minlength=60)
    assert counts.max() - counts.min() <= 1
    assert (triplets.rows[:, 0] // 50 == triplets.rows[:, 2] // 50).all()


def test_a_seed_gives_the_same_bytes_everywhere(tmp_path: Path) -> None:
    """The digests were seen on x86-64 with numpy 2.4; they hold with 1.23 and on any machine."""
    places = range(500)
    listed = table(
        [f"p{place * 7 % 61}" for place in places], [f"m{place % 7}" for place in places]
    )
    made = {
        "pairs": make_pairs(listed, 1000, identity="id", seed=7),
        "dense": make_pairs(table(["a"] * 9 + ["b"] * 9), 80, identity="id", same_share=0, seed=7),
        "triplets": make_triplets(listed, 1000, identity="id", easy="make", seed=7),
    }
    digests = {}
    for name, tuples in made.items():
        write_list(tuples, tmp_path / f"{name}.csv")
        digests[name] = hashlib.sha256((tmp_path / f"{name}.csv").read_bytes()).hexdigest()[:16]
    assert digests == {
        "pairs": "2226e00639efce5c",
        "dense": "ad2b54bd4e60a07d",
        "triplets": "ff82791c254af8c0",
    }
    assert (make_pairs(listed, 1000, identity="id", seed=8).rows != made["pairs"].rows).any()


def test_a_list_of_millions_numbers_triplets_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three indices of so many images make no number of 64 bits; the triplets are the same."""
    listed = table([f"p{place % 6}" for place in range(20)])
    first = make_triplets(listed, 700, identity="id")
    monkeypatch.setattr("caffe_multilabel.lists.tuples.chosen._TOO_LARGE", 1)
    assert (make_triplets(listed, 700, identity="id").rows == first.rows).all()


def test_permutations_are_whole_and_of_their_own() -> None:
    """Each number once for any size; another order for another kind."""
    sizes = [*range(1, 70), 255, 256, 257, 5000]
    permutation = Draws(3).permutation()
    for size in sizes:
        places, all_alike = np.arange(size), np.full(size, size)
        found = [permutation.of(places, all_alike, np.full(size, kind)) for kind in (0, 1)]
        assert all(sorted(each.tolist()) == places.tolist() for each in found)
        assert size < 8 or (found[0] != found[1]).any()
    most = np.array([2**62], np.int64)
    assert 0 <= int(permutation.of(most - 1, most, most)[0]) < 2**62


def test_cells_keep_their_text(tmp_path: Path) -> None:
    ids = Column.of("person", ["ann", "ann", "bo, the 2nd", "bo, the 2nd"])
    ages = Column.of("age", ["3", "", "?", "0,5"])
    paths = ["a.jpg", 'b "1".jpg', "c, d.jpg", "e.jpg"]
    listed = ImageTable("list.csv", paths, (ids, ages), np.arange(2, 6))
    tuples = make_triplets(listed, 8, identity="person", margins={"person": 0.2})
    write_list(tuples, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    names = [f"{name}_{image}" for name in ("path", "person", "age") for image in (1, 2, 3)]
    assert header == [*names, "margin"]
    cells = [paths, ids.cells(), ages.cells()]
    assert lines == [
        [*(column[row] for column in cells for row in rows), "0.2"] for rows in tuples.rows.tolist()
    ]
    write_list(tuples, tmp_path / "t.csv", columns=["age"], overwrite=True)
    assert (tmp_path / "t.csv").read_text().startswith("path_1,path_2,path_3,age_1,age_2,age_3,mar")


def test_who_takes_no_part_is_said() -> None:
    listed = table(["a", "a", "b", "", "nan", "c", "c"], ["x", "x", "x", "x", "x", "z", ""])
    pairs = make_pairs(listed, 2, identity="id", hard="make")
    assert pairs.notes[:2] == (
        "2 images of unknown 'id' take part in nothing",
        "1 identity of 3 with one image: in no pair of one identity",
    )
    assert pairs.warnings == (
        "1 of 3 identities has no negative of the same 'make', as that of '5.jpg'",
    )
    triplets = make_triplets(listed, 2, identity="id", easy="make", margins={"make": 1, "id": 0.5})
    assert "1 identity of 3 with one image: in triplets as negatives only" in triplets.notes
    assert triplets.notes[-1] == "margins: 2 of margin 1, by 'make'; 0 of margin 0.5, by 'id'"
    assert repr(triplets) == "<ImageTuples: 2 records of 3 images, column margin>"


def test_an_image_is_one_image_however_often_it_is_listed() -> None:
    listed = table(["a", "a", "a", "b"])
    listed = ImageTable("list.csv", ["1", "1", "2", "3"], listed.columns, listed.lines)
    pairs = make_pairs(listed, 3, identity="id", same_share="1/3")
    assert sorted(map(sorted, pairs.rows.tolist())) == [[0, 2], [0, 3], [2, 3]]
    assert pairs.notes[0] == "1 line with the path of an earlier one: each image is taken once"
    other = ImageTable("list.csv", ["1", "2", "2", "1"], listed.columns, listed.lines)
    with pytest.raises(
        ListError, match=r"lines 2 and 5: '1' has two texts in column 'id', 'a' and"
    ):
        make_pairs(other, 1, identity="id")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"count": 0}, "count is 0, must be 1 or more"),
        ({"identity": "di"}, "identity: there is no column 'di'; the columns are id, make"),
        ({"identity": 3}, "identity is 3, must be a column"),
        ({"same_share": 1.5}, "same_share is 1.5, must be a share from 0 to 1"),
        ({"same_share": float("nan")}, "same_share is nan, must be a share"),
        ({"hard": "make", "easy": "make"}, "hard and easy are both given"),
        ({"hard": "mak"}, "hard: there is no column 'mak'"),
        ({"seed": -1}, "seed is -1"),
        (
            {"count": 40},
            "20 pairs of one identity are wanted, and list.csv has 2: 4 images of 2 ide",
        ),
        ({"count": 5, "same_share": 0}, r"has 4: .*; with same_share 0 there can be 4 pairs"),
        (
            {"count": 3, "same_share": 0, "easy": "make"},
            "pairs with a negative of another 'make' are",
        ),
    ],
)
def test_pairs_that_cannot_be(arguments: dict[str, Any], said: str) -> None:
    listed = table(["a", "a", "b", "b"], ["x", "x", "x", "y"])
    keywords: dict[str, Any] = {"count": 2, "identity": "id"} | arguments
    with pytest.raises(OptionError, match=said):
        make_pairs(listed, **keywords)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"margins": {"id": 1, "make": 2}},
            "margins are of 'id', 'make'; the last one, the finest,",
        ),
        ({"margins": {}}, "margins are of no columns; the last one"),
        *(
            (
                {"margins": {"id": margin}},
                f"the margin of 'id' is {margin!r}, must be a number above 0",
            )
            for margin in (-1, 0, "inf", "1e39", "1e-50", "1_0", "", True)
        ),
        *(
            ({"margins": {"make": coarse, "id": fine}}, "margins must fall from the coarsest col")
            for coarse, fine in ((0.3, 0.6), ("0.3", "0.30"), ("0.3", "0.29999999999"))
        ),
        ({"margins": ["id"]}, r"margins is \['id'\], must be a mapping of columns to numbers"),
        (
            {"count": 9},
            "9 triplets are wanted, and list.csv has 8: 4 images of 2 identities; 0 iden",
        ),
    ],
)
def test_triplets_that_cannot_be(arguments: dict[str, Any], said: str) -> None:
    listed = table(["a", "a", "b", "b"], ["x", "x", "x", "y"])
    keywords: dict[str, Any] = {"count": 2, "identity": "id"} | arguments
    with pytest.raises(OptionError, match=said):
        make_triplets(listed, **keywords)


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([], "0 images of 0 identities;"),
        (["a", "a", "a"], "3 images of 1 identity;"),
        (["a", "?"], "1 image of 1 identity, and 1 of an unknown one;"),
    ],
)
def test_lists_with_no_two_identities(ids: list[str], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        make_pairs(table(ids), 1, identity="id", same_share=0)
    wanted = "1 pair with a negative is wanted, and list.csv has 0: "
    assert caught.value.message.startswith(f"{wanted}{said}")
    with pytest.raises(OptionError) as caught:
        make_triplets(table(ids), 1, identity="id")
    assert caught.value.message.startswith(f"1 triplet is wanted, and list.csv has 0: {said}")
    if ids.count("a") == 3:
        assert len(make_pairs(table(ids), 3, identity="id", same_share=1)) == 3


@pytest.mark.parametrize("make", [make_pairs, make_triplets])
def test_a_list_in_which_no_identity_is_known(make: Callable[..., ImageTuples]) -> None:
    """Whatever else is asked for; what is wrong is the column, and not the count."""
    with pytest.raises(OptionError) as caught:
        make(table(["", "?", "nan"]), 1, identity="id")
    said = "identity: column 'id' of list.csv tells of no image: 3 cells, all blank or unknown"
    assert caught.value.message == said


def test_names_that_would_meet_are_refused(tmp_path: Path) -> None:
    columns = (Column.of("id", ["a", "a"]), Column.of("path", ["1", "2"]))
    listed = ImageTable("list.csv", ["1.jpg", "2.jpg"], columns, np.arange(2, 4))
    pairs = make_pairs(listed, 1, identity="id", same_share=1)
    with pytest.raises(ListError, match="two columns would be called 'path_1'; choose columns"):
        write_list(pairs, tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()
    bare = tuple(Column("", column.values, column.codes) for column in columns[:1])
    pairs = ImageTuples(ImageTable("list", ["1", "2"], bare, np.arange(2)), pairs.rows)
    write_list(pairs, tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text().startswith("path_1,path_2,column_0_1,column_0_2\n")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    rows = [f"{place}.jpg,p{place // 4},m{place // 12},{place}\n" for place in range(48)]
    (tmp_path / "labels.csv").write_text("image,model,make,age\n" + "".join(rows))
    return tmp_path


def test_the_command_writes_them(run_command: RunCommand, listed: Path) -> None:
    flags = ["--pairs=40", "--identity=model", "--hard=make", "--same_share=0.25"]
    done = run_command("caffe-multilabel", "list", "labels.csv", *flags, "-o", "pairs.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-4:] == [
        "3 columns: model, make, age",
        "10 pairs of one identity: 10 identities, each in 1",
        "30 pairs of two identities: 12 identities, each in 4 to 6",
        "pairs.csv: 40 records",
    ]
    lines = (listed / "pairs.csv").read_text().splitlines()
    assert lines[0] == "path_1,path_2,model_1,model_2,make_1,make_2,age_1,age_2,same"
    assert len(lines) == 41
    again = run_command("caffe-multilabel", "list", "labels.csv", *flags)
    assert again.stdout == (listed / "pairs.csv").read_text()
    flags = ["--triplets=9", "--identity=0", "--margins", "make=0.6,model=0.3", "--seed=3"]
    done = run_command("caffe-multilabel", "list", "labels.csv", *flags, "-o", "t.csv", "--json")
    document = json.loads(done.stdout)
    assert (document["records"], document["list"]) == (9, "t.csv")
    assert document["notes"][-1].startswith("margins: ")


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--pairs 4", "--identity is wanted: the column that says"),
        ("--pairs 4 --triplets 4 --identity model", "--pairs and --triplets are both given"),
        ("--hard make", "--hard goes with --pairs or --triplets"),
        ("--pairs 4 --identity model --margins model=1", "--margins goes with --triplets"),
        ("--triplets 4 --identity model --same_share 1", "--same_share goes with --pairs"),
        ("--triplets 4 --identity model --margins model", "--margins is 'model', must be COLUMN="),
        ("--pairs 4 --identity model --val_list labels.csv", "make those of each list by itself"),
        ("--pairs 4 --identity modle", "identity: there is no column 'modle'"),
        ("--pairs 999 --identity model", "there can be 144 pairs"),
    ],
)
def test_flags_that_cannot_be(run_command: RunCommand, flags: str, said: str) -> None:
    done = run_command("caffe-multilabel", "list", "labels.csv", *flags.split(), "-o", "new.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
