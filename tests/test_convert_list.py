"""Rules of a list of images as a user meets them: what is taken, what is refused, and how."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import ListError, OptionError, convert, load_records
from command_tools import names_in, start
from lmdb_tools import datums, records

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand
    from image_tools import ImageFolder

TASKS = """\
tasks:
  - {name: color, loss: softmax, classes: [black, white, red]}
  - {name: flags, loss: sigmoid, dim: [old, broken], ignore_label: -1, map: {9: -1}}
  - {name: height, loss: euclidean, dim: 1}
"""


def parse(tmp_path: Path, text: str | bytes, name: str = "list.txt", **options: Any) -> Any:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    loaded = load_records(path, **options)
    return loaded.core.paths(), loaded.core.labels().tolist()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a b.jpg 1 2.5\nc.jpg -3 4e2\n", "list.txt"),
        ("a b.jpg   1  2.5 \t \n\n   \nc.jpg\t-3 +4e2", "list.txt"),
        ("\ufeffa b.jpg 1 2.5\r\nc.jpg -3 400\r\n", "list.txt"),
        ("a b.jpg\t1\t2.5\nc.jpg\t-3\t400\n", "list.txt"),
        ("name\tfirst\tsecond\na b.jpg\t1\t2.5\nc.jpg\t-3\t400\n", "list.tsv"),
        ("a b.jpg,1,2.5\nc.jpg,-3,400\n", "list.txt"),
        ('\ufeffpath,first,second\r\n"a b.jpg",1, 2.5 \r\nc.jpg,"-3",400\r\n', "list.csv"),
    ],
)
def test_formats_that_say_the_same(tmp_path: Path, text: str, name: str) -> None:
    expected = [b"a b.jpg", b"c.jpg"], [[1, 2.5], [-3, 400]]
    assert parse(tmp_path, text, name) == expected
    assert parse(tmp_path, text, name, label_count=2) == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('"a, ""b"".jpg",1\n', b'a, "b".jpg'),
        ("日本 語.png,1\n", "日本 語.png".encode()),
        ("../a.jpg,1\n", b"../a.jpg"),
        ("/a.jpg,1\n", b"/a.jpg"),
    ],
)
def test_paths_stay_as_they_are(tmp_path: Path, text: str, path: bytes) -> None:
    assert parse(tmp_path, text, "list.csv") == ([path], [[1]])


def test_names_need_no_encoding(tmp_path: Path) -> None:
    assert parse(tmp_path, b"caf\xe9 \xff.jpg 1\n") == ([b"caf\xe9 \xff.jpg"], [[1]])


def test_numbers_are_read_as_float32(tmp_path: Path) -> None:
    text = "a.jpg 0.1 16777216.75 1e-40 1e-60 -0.0 3.4028235e38\n"
    _, labels = parse(tmp_path, text)
    assert labels == [
        [0.10000000149011612, 16777216.0, 9.99994610111476e-41, 0.0, -0.0, 3.4028234663852886e38]
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.jpg 1 2\nb.jpg 3\n", "line 2: "),
        ("a.jpg 1 2\n\nb.jpg 3 4 5\n", "line 3: more labels than wanted"),
        ("a.jpg 1 2\nb.jpg 1 x\n", "line 2: label 2: 'x' is not a number"),
        ("a.jpg 1 2\nb.jpg 1 nan\n", "line 2: label 2: 'nan' is not finite"),
        ("a.jpg 1 2\nb.jpg -inf 1\n", "line 2: label 1: '-inf' is not finite"),
        ("a.jpg 1 2\nb.jpg 1 1e39\n", "line 2: label 2: '1e39' does not fit a 32-bit float"),
        ("a.jpg 1 2\nb.jpg 1 0x10\n", "line 2: label 2: '0x10' is not a number"),
        ("a.jpg 1 2\nb.jpg 1 1,5\n", "line 2: label 2: '1,5' is not a number"),
        ("a.jpg 1 2\n3 4\n", "line 2: "),
        ("a.jpg\t1\t2\n\t3\t4\n", "line 2: the path is empty"),
        ("a.jpg\t1\t2\n?\t3\t4\n", "line 2: the path is '?', which names no image"),
        ("a.jpg\t1\t2\nb.jpg\t3\t4\t5\n", "line 2: has 3 labels, want 2"),
        ("a.jpg,1,2\nb.jpg,1,\n", "line 2: label 2: '' is not a number"),
        ('a.jpg,1,2\n"b.jpg,1,2\n', "line 2: a quote is not closed on its line"),
        ("a.jpg 1 2\nb\0.jpg 1 2\n", "line 2: the path holds a zero byte"),
        (f"a.jpg 1 2\n{'x' * 500} 1 2\n", "line 2: the path has 500 bytes, LMDB keys allow 497"),
        (f"a.jpg 1 2\n{'x' * 2**20} 1 2\n", "line 2: longer than 1 MiB"),
        ("", "holds no records"),
        ("\n \r\n", "holds no records"),
        ("a.jpg\n", "line 1: has 0 labels, want 1 or more"),
    ],
)
def test_lines_that_do_not_fit(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ListError) as caught:
        parse(tmp_path, text)
    assert said in caught.value.message
    assert caught.value.path == str(tmp_path / "list.txt")
    if said.startswith("line"):
        assert caught.value.line == int(said.partition(":")[0].removeprefix("line "))


def test_the_longest_path_that_a_key_holds_is_taken(tmp_path: Path) -> None:
    paths, _ = parse(tmp_path, f"{'x' * 497} 1\n")
    assert len(paths[0]) == 497


def test_a_label_count_settles_what_belongs_to_the_path(tmp_path: Path) -> None:
    assert parse(tmp_path, "a.jpg 1 2\n") == ([b"a.jpg"], [[1, 2]])
    with pytest.raises(ListError, match=r"the path ends in a number \('a.jpg 1'\)"):
        parse(tmp_path, "a.jpg 1 2\n", label_count=1)
    assert parse(tmp_path, "img 1\t2\n", label_count=1) == ([b"img 1"], [[2]])


@pytest.mark.parametrize("count", [0, -1, 10**7, 2**70])
def test_label_counts_out_of_range(tmp_path: Path, count: int) -> None:
    with pytest.raises(OptionError, match=f"label_count is {count}"):
        parse(tmp_path, "a.jpg 1\n", label_count=count)


def test_all_bad_lines_are_found_and_twenty_shown(
    run_command: RunCommand, tmp_path: Path, image_folder: ImageFolder
) -> None:
    lines = [f"{image_folder.names[0]} {'x' if number % 2 else 1}" for number in range(60)]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    done = run_command("convert_multilabel", image_folder.folder, "list.txt", "images", "labels", 1)
    assert done.returncode == 1
    assert done.stdout == ""
    first, *shown, last = done.stderr.splitlines()
    assert first == "convert_multilabel: list.txt: 30 bad lines, nothing was written"
    wrong = [f"  line {number}: label 1: 'x' is not a number" for number in range(2, 42, 2)]
    wrong[2:] = [f"  line {number}: the same" for number in range(6, 42, 2)]
    wrong[0] += (
        "; names of classes need a task file (--tasks), which 'caffe-multilabel tasks' makes of a "
        "list"
    )
    assert shown == wrong
    assert last == "  and 10 more"
    assert names_in(tmp_path) == ["list.txt"]


def test_a_list_on_standard_input_and_its_count_from_the_first_line(
    run_command: RunCommand, tmp_path: Path, image_folder: ImageFolder
) -> None:
    done = run_command(
        "convert_multilabel", image_folder.folder, "-", "images", "labels", input="00.png 4 5 6\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [list(datum.float_data) for datum in datums(tmp_path / "labels")] == [[4, 5, 6]]
    done = run_command("convert_multilabel", image_folder.folder, "-", "i", "l", input="a 1\nb x\n")
    assert done.returncode == 1
    assert done.stderr.startswith("convert_multilabel: standard input: 1 bad line,")


def test_ctrl_c_ends_the_wait_for_standard_input(tmp_path: Path) -> None:
    with start(
        "convert_multilabel", "root", "-", "i", "l", cwd=tmp_path, stdin=subprocess.PIPE
    ) as waiting:
        assert waiting.stdin is not None
        waiting.stdin.write("a.jpg 1\n")
        waiting.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1.5)
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(10) == 130
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "No such file or directory"),
        (lambda path: path.mkdir(), "is a directory, a list file is wanted"),
        (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
        (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    ],
)
def test_lists_that_cannot_be_read(tmp_path: Path, make: Any, said: str) -> None:
    path = tmp_path / "list.txt"
    make(path)
    with pytest.raises(ListError, match=f"^{path}: {said}$"):
        load_records(path)


def test_class_names_become_numbers_and_the_manifest_keeps_them(
    run_command: RunCommand, tmp_path: Path, image_folder: ImageFolder
) -> None:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    (tmp_path / "list.csv").write_text(
        "path,color,old,broken,height\n00.png,red,1,-1,2.5\n01.jpg,black,0,9,-1\n02.png,1,0,0,0\n"
    )
    done = run_command(
        "convert_multilabel",
        "--schema=tasks.yaml",
        image_folder.folder,
        "list.csv",
        "images",
        "labels",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [list(datum.float_data) for datum in datums(tmp_path / "labels")] == [
        [2, 1, -1, 2.5],
        [0, 0, -1, -1],
        [1, 0, 0, 0],
    ]
    assert [datum.label for datum in datums(tmp_path / "images")] == [2, 0, 1]
    for folder in ("images", "labels"):
        job = json.loads((tmp_path / folder / "manifest.json").read_text())["job"]
        assert job["label_names"] == ["color", "old", "broken", "height"]
        color, flags, height = job["label_schema"]["tasks"]
        assert color["class_names"] == ["black", "white", "red"]
        assert (flags["columns"], flags["ignore_label"]) == ([1, 2], -1)
        assert height["columns"] == [3]


def test_labels_against_the_tasks_name_line_task_and_value(
    run_command: RunCommand, tmp_path: Path, image_folder: ImageFolder
) -> None:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    bad = ["3 0 0 0", "0.5 0 0 0", "-1 0 0 0", "green 0 0 0", "0 2 0 0", "0 0 0.5 0", "0 0 0 nan"]
    (tmp_path / "list.txt").write_text("\n".join(["00.png 0 0 0 0", *(f"b.jpg {x}" for x in bad)]))
    done = run_command(
        "convert_multilabel", "--schema", "tasks.yaml", image_folder.folder, "list.txt", "i", "l"
    )
    assert done.returncode == 1
    allowed = "is not allowed, want 0 or 1, or -1 (ignore_label), or 9 (becomes -1)"
    advice = "for unknown labels task 'height' needs an ignore_label"
    classes = "; the classes are 'black', 'white', 'red'"
    index = f"is not allowed, want a whole number from 0 to 2{classes}"
    assert done.stderr.splitlines() == [
        "convert_multilabel: list.txt: 7 bad lines, nothing was written",
        f"  line 2: label 1: task 'color': 3 {index}",
        f"  line 3: label 1: task 'color': 0.5 {index}",
        f"  line 4: label 1: task 'color': -1 {index}",
        f"  line 5: label 1: 'green' is not a number and no class name of task 'color'{classes}",
        f"  line 6: label 2: task 'flags' (old): 2 {allowed}",
        f"  line 7: label 3: task 'flags' (broken): 0.5 {allowed}",
        f"  line 8: label 4: 'nan' is not finite; {advice}",
    ]
    assert names_in(tmp_path) == ["list.txt", "tasks.yaml"]


def test_a_list_with_fewer_labels_than_the_tasks_want(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    with pytest.raises(ListError, match="line 1: has 3 labels, want 4 for the tasks"):
        parse(tmp_path, "a.jpg 1 1 1\n", tasks=tmp_path / "tasks.yaml")


def test_a_header_in_another_order_puts_the_columns_right(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    text = "path,height,color,old,broken\na.jpg,2.5,red,1,9\n"
    read = parse(tmp_path, text, "list.csv", tasks=tmp_path / "tasks.yaml")
    assert read == ([b"a.jpg"], [[2, 1, -1, 2.5]])


def test_dot_dot_and_absolute_paths_are_joined_as_caffe_joins_them(
    tmp_path: Path, image_folder: ImageFolder
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.png").write_bytes((image_folder.folder / "00.png").read_bytes())
    absolute = str(tmp_path / "a.png")
    for root, path in [
        (f"{tmp_path}/sub", "../a.png"),
        (f"{tmp_path}/sub/", "../sub//..//a.png"),
        ("", absolute),
        ("/", absolute),
        (str(tmp_path), "/a.png"),
    ]:
        images = tmp_path / "images"
        convert([(path, [1])], root=root, images=images, labels=tmp_path / "l", overwrite=True)
        assert [key for key, _ in records(images)] == [b"00000000_" + path.encode()]


def test_a_misspelt_first_record_is_no_header(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "tasks.yaml").write_text(
        "tasks: [{name: color, loss: softmax, classes: [red, blue]}]"
    )
    (tmp_path / "list.csv").write_text("img0,rde\n0.jpg,red\n1.jpg,blue\n")
    done = run_command(
        "convert_multilabel", "--schema", "tasks.yaml", ".", "list.csv", "images", "labels"
    )
    assert done.returncode == 1
    assert "line 1: label 1: 'rde' is not a number and no class name" in done.stderr


def test_a_header_is_told(
    tmp_path: Path, image_folder: ImageFolder, run_command: RunCommand
) -> None:
    (tmp_path / "list.csv").write_text(f"image,size\n{image_folder.names[0]},3\n")
    done = run_command("convert_multilabel", image_folder.folder, "list.csv", "images", "labels")
    assert done.returncode == 0
    assert "line 1 of the list is its header: size" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("list.csv", "image;g;age\na.jpg;1;23.5\n", "the fields are parted by ';'"),
        ("list.txt", "a.jpg;1;2\n", "the fields are parted by ';'"),
        ("list.txt", "a.jpg|1|2\n", "the fields are parted by '|'"),
        ("list.txt", "a.jpg 1\n".encode("utf-16"), "the list is UTF-16: save it as UTF-8"),
        ("list.txt", "a.jpg 1\n".encode("utf-16-le"), "the list is UTF-16: save it as UTF-8"),
        ("list.txt", '{"image": "a.jpg", "labels": [1, 2]}\n', "the line looks like JSON"),
        ("list.txt", "image gender age\na.jpg 1 2\n", "the line looks like a header"),
        ("list.txt", "# images of May\na.jpg 1\n", "the line looks like a comment"),
        ("list.txt", "// images of May\na.jpg 1\n", "the line looks like a comment"),
        ("list.txt", "a.jpg 1 True\n", "its last field is 'True'; write 1 and 0"),
        ("list.txt", "a.jpg no\n", "its last field is 'no'; write 1 and 0"),
        ("list.txt", "a.jpg 0101" + 50 * "1" + "\n", "a row of bits is one number here"),
        ("list.txt", "a.jpg 1 nan\n", "its last field 'nan' is no finite float32"),
        ("list.txt", "a.jpg 1e39\n", "its last field '1e39' is no finite float32"),
        (
            "list.txt",
            "a.jpg cat\n",
            "'cat' is no number: names of classes need a task file (--tasks)",
        ),
        ("list.txt", "a.jpg |1 |2\n", "the fields are parted by '|'"),
        ("blanks.csv", "a.jpg 1 2\n", "the fields are parted by blanks: give --list_format=space"),
        ("list.txt", "a.jpg\n", "the line is 'a.jpg'"),
        ("list.txt", "[train]\na.jpg 1 2\n", "the line looks like the head of a section"),
        ("list.csv", "[ val ]\na.jpg,1\n", "the line looks like the head of a section"),
        ("list.txt", '"a.jpg" "1" "2"\n', "its last field is '\"2\"'; only a CSV's double quotes"),
        ("list.txt", "'a.jpg' '1'\n", "its last field is ''1''; only a CSV's double quotes"),
    ],
)
def test_a_list_of_another_kind_is_named_and_its_line_shown(
    tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    with pytest.raises(ListError) as caught:
        parse(tmp_path, text, name)
    message = caught.value.message
    assert ", line 1: has 0 labels, want 1 or more; the line is '" in message
    assert said in message
    assert "\n" not in message
    assert caught.value.line == 1


@pytest.mark.parametrize("label_count", [None, 1, 2, 3])
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("list.csv", "a.jpg;1;2\n", "the fields are parted by ';'"),
        ("list.txt", "a.jpg;1;2\n", "the fields are parted by ';'"),
        ("list.txt", "a.jpg | 1 | 2\n", r"by blanks alone|parted by '\|'"),
        ("list.txt", '["a.jpg", 1, 2]\n', "the line looks like JSON"),
        ("list.csv", '["a.jpg", 1, 2]\n', "the line looks like JSON"),
        ("list.csv", "path,color\na.jpg,1\n".encode("utf-16"), "the list is UTF-16"),
        ("list.csv", "a.jpg,1,2\n".encode("utf-16-le"), "the list is UTF-16"),
        ("list.tsv", "a.jpg\t1\t2\n".encode("utf-16-be"), "the list is UTF-16"),
        ("list.txt", "a.jpg 1 2\n".encode("utf-16"), "the list is UTF-16"),
    ],
)
def test_a_list_of_another_kind_is_named_with_a_label_count_too(
    tmp_path: Path, name: str, text: str | bytes, said: str, label_count: int | None
) -> None:
    with pytest.raises(ListError, match=said) as caught:
        parse(tmp_path, text, name, label_count=label_count)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("True", "'True' is not a number; write 1 and 0"),
        ("0,5", "'0,5' is not a number; it has a decimal comma: write a point"),
        ("-1,25", "'-1,25' is not a number; it has a decimal comma: write a point"),
        (60 * "01", "does not fit a 32-bit float; a row of bits is one number here: part them"),
        ("010011101", None),
        ("10011101010011111", "which would make it 10011100615540736; a row of bits is one"),
        ("1,x", "'1,x' is not a number"),
    ],
)
def test_a_field_that_is_no_number_says_what_it_may_be(
    tmp_path: Path, field: str, said: str | None
) -> None:
    if said is None:
        assert parse(tmp_path, f"a.jpg 1\nb.jpg {field}\n")[1] == [[1], [float(field)]]
        return
    with pytest.raises(ListError) as caught:
        parse(tmp_path, f"a.jpg 1\nb.jpg {field}\n", label_count=1)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "label_count", "said"),
    [
        ("a.jpg 0,5 1,25\n", None, "line 1: label 1: '5 1' is not a number"),
        ("a.jpg 0,5 1,25\n", 2, "line 1: label 1: '5 1' is not a number; "),
        ("a.jpg 3 -2,5\nb.jpg 0,5 1\n", 2, "line 1: has 1 label, want 2; "),
        ("pic of me.jpg 1,5 7 2,5\n", None, "line 1: label 1: '5 7 2' is not a number; "),
    ],
)
def test_decimal_commas_between_blanks_are_named(
    tmp_path: Path, text: str, label_count: int | None, said: str
) -> None:
    with pytest.raises(ListError) as caught:
        parse(tmp_path, text, label_count=label_count)
    assert said in caught.value.message
    assert "its numbers have decimal commas, which make it a CSV: write points" in (
        caught.value.message
    )


@pytest.mark.parametrize(("path", "quote"), [("{}", '"'), ("{}", "'"), ("my {}", '"')])
def test_quotes_of_a_list_with_blanks_are_named(
    tmp_path: Path, image_folder: ImageFolder, path: str, quote: str, run_command: RunCommand
) -> None:
    quoted = quote + path.format(image_folder.names[0]) + quote
    (tmp_path / "list.txt").write_text(f"{quoted} 1 2\n")
    done = run_command("convert_multilabel", image_folder.folder, "list.txt", "images", "labels")
    assert done.returncode == 1
    assert "; the path is in quotes, and only a CSV's double quotes are taken off" in done.stderr


@pytest.mark.parametrize("separator", [" ", "\t", ","])
def test_flags_without_blanks_are_named(
    tmp_path: Path, image_folder: ImageFolder, separator: str, run_command: RunCommand
) -> None:
    rows = zip(image_folder.names, ["10101", "01010", "00000"], strict=False)
    (tmp_path / "list.txt").write_text("".join(f"{name}{separator}{row}\n" for name, row in rows))
    command = ("convert_multilabel", image_folder.folder, "list.txt", "images", "labels")
    done = run_command(*command, "5")
    assert done.returncode == 1
    assert "line 1: has 1 label, want 5; '10101' is one number here: part its digits" in done.stderr
    done = run_command(*command)
    assert done.returncode == 0
    assert "warning: the only label of each record is a number of the digits 0 and 1" in done.stderr
    (tmp_path / "list.txt").write_text(f"{image_folder.names[0]}{separator}10101\n")
    (tmp_path / "tasks.yaml").write_text("tasks: [{name: size, loss: euclidean, dim: 1}]")
    done = run_command(*command, "--overwrite", "--tasks=tasks.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "tasks.yaml").write_text("tasks: [{name: flags, loss: sigmoid, dim: 5}]")
    done = run_command(*command, "--overwrite", "--tasks=tasks.yaml")
    assert done.returncode == 1
    assert "part its digits" in done.stderr


def test_what_is_odd_in_a_list_and_its_images_is_said(
    run_command: RunCommand, tmp_path: Path, image_folder: ImageFolder
) -> None:
    (tmp_path / "list.txt").write_text("00.png 1\n01.jpg 2\n00.png 3\n")
    done = run_command(
        "convert_multilabel", "--seed=7", image_folder.folder, "list.txt", "images", "labels"
    )
    assert done.returncode == 0
    assert done.stderr.splitlines()[-2:] == [
        "convert_multilabel: warning: --seed does nothing without --shuffle",
        "convert_multilabel: warning: 1 record of the list has the path of an earlier one",
    ]
    assert "1 image of another size than the first: " in done.stdout
    done = run_command(
        "convert_multilabel", "--seed=7", "--shuffle", "--resize_width=8", "--resize_height=8",
        image_folder.folder, "list.txt", "resized", "labels2",
    )  # fmt: skip
    assert "seed" not in done.stderr
    assert "another size" not in done.stdout
