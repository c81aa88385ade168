"""Every block of the READMEs and of docs/ does what it says, word for word.

A block runs in a folder of its own, where `PREPARED` has put the files that its section takes for
granted: a user's images, lists and DBs. A block that nothing is known of fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import pytest

from caffe_multilabel import convert, draw_sample, generate, load_tasks, start
from command_tools import command_line, environment
from doc_tools import PAGES, ROOT, SCHEME_PAGES, Block, blocks, walks_through
from image_tools import draw
from training_log_tools import evaluated, trained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

TOLD = {
    "images + labels ────►": "a drawing",
    "图像 + 标签 ──►": "a drawing",
    "bash scripts/": "installs with apt and pip; CI begins with these two commands",
    "image-key = ": "grammar of the keys, in the example of test_format_page",
    "image key ": "compared by test_format_page",
    "record digest = ": "formula, computed by test_format_page",
    "记录摘要 = ": "formula, computed by test_format_page",
}
"""Blocks that are not run, by how they begin, and why."""

EVERY_BLOCK = [
    block for page in PAGES for block in blocks(page) if not block.text.startswith(tuple(TOLD))
]
RUN = [
    block for block in EVERY_BLOCK if block.kind in ("shell", "python") and not walks_through(block)
]


def write_images(folder: Path, names: Iterable[str], height: int = 40, width: int = 40) -> None:
    folder.mkdir()
    for seed, name in enumerate(names):
        cv2.imwrite(str(folder / name), draw(seed, height, width))


def write_list(path: Path, rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a list; return the names in it."""
    lines = [" ".join(map(str, row)) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return [line.split(" ", 1)[0] for line in lines]


def cars(folder: Path, _: list[Block]) -> None:
    """Photos, and what is said of them."""
    names = [f"{index}.jpg" for index in range(40)]
    write_images(folder / "photos", names)
    rows = [
        f"{name},{('red', 'blue')[index % 2]},{index // 2 % 2}" for index, name in enumerate(names)
    ]
    (folder / "cars.csv").write_text("\n".join(["file,color,parked", *rows]) + "\n")


def cars_project(folder: Path, section: list[Block]) -> None:
    """A project of them."""
    cars(folder, section)
    start(folder / "cars.csv", folder / "cars", root=folder / "photos", quiet=True)


def own_data(folder: Path, section: list[Block]) -> None:
    """The list is the section's own block; beside it there is a CSV file."""
    cars(folder, section)
    (folder / "cars.csv").rename(folder / "labels.csv")
    [lines] = [block.text for block in section if block.kind == "text"]
    names = write_list(folder / "train.txt", (line.split() for line in lines.splitlines()))
    write_images(folder / "faces", names)


def five_tasks(folder: Path, _: list[Block]) -> None:
    """Captchas, whose five characters are all digits, so that they are class numbers as well."""
    shutil.copy(ROOT / "examples" / "tasks" / "captcha5.yaml", folder)
    rows = [(f"{index}.png", *(index,) * 5) for index in range(4)]
    for name in ("train.txt", "val.txt"):
        names = write_list(folder / name, rows)
    for name in ("data", "captcha"):
        write_images(folder / name, names, 50, 200)


def face_pairs(folder: Path, _: list[Block]) -> None:
    """The list is what the page prints of it."""
    pairs = ["anna/1.jpg,anna/2.jpg,1", "anna/1.jpg,ben/1.jpg,0"]
    (folder / "pairs.csv").write_text("\n".join(["path_1,path_2,same", *pairs, ""]))
    (folder / "faces").mkdir()
    for person, names in (("anna", ["1.jpg", "2.jpg"]), ("ben", ["1.jpg"])):
        write_images(folder / "faces" / person, names)


def celeba(folder: Path, _: list[Block]) -> None:
    shutil.copy(ROOT / "examples" / "tasks" / "celeba.yaml", folder)
    names = ["000001.jpg", "000002.jpg"]
    attributes = " ".join(f"attribute_{index}" for index in range(40))
    values = "  1 -1" * 20
    rows = [f"{name}{values}\n" for name in names]
    (folder / "list_attr_celeba.txt").write_text("".join([f"2\n{attributes}\n", *rows]))
    write_images(folder / "img_align_celeba", names, 218, 178)


def vehicles(folder: Path, section: list[Block]) -> None:
    """The task file is the section's own block."""
    [tasks] = [block.text for block in section if block.kind == "yaml"]
    (folder / "vehicles.yaml").write_text(tasks, encoding="utf-8")
    rows = [(f"{index}.png", index % 4, index * 20, 0, 1, 0, 1, index % 2) for index in range(8)]
    write_images(folder / "images", write_list(folder / "list.txt", rows))
    for phase in ("train", "val"):
        convert(
            folder / "list.txt",
            root=folder / "images",
            images=folder / f"{phase}_images",
            labels=folder / f"{phase}_labels",
            tasks=folder / "vehicles.yaml",
            resize=(256, 256),
        )


def sample(folder: Path, count: int, side: int) -> None:
    """The sample data set and its pairs, in the folder itself."""
    draw_sample(folder, count)
    for phase in ("train", "val"):
        convert(
            folder / f"{phase}.txt",
            root=folder,
            images=folder / f"{phase}_images",
            labels=folder / f"{phase}_labels",
            tasks=folder / "tasks.yaml",
            resize=(side, side),
        )


def quickstart(folder: Path, _: list[Block]) -> None:
    sample(folder, 2000, 64)


def looks(folder: Path, _: list[Block]) -> None:
    """The sample data set; the lists that the commands read are none of those that they write."""
    sample(folder, 150, 256)
    (folder / "train.txt").rename(folder / "list.txt")
    (folder / "val.txt").unlink()
    shutil.copy(folder / "list.txt", folder / "new_list.txt")
    at_test, at_train = [("accuracy_kind", 0.5, 0.0)], [("loss_kind", 1.5, 1.0)]
    lines = [*evaluated(0, at_test), *trained(0, 1.5, at_train), *trained(20, 1.25, at_train)]
    (folder / "caffe.log").write_text("\n".join(lines) + "\n")


def nothing(_: Path, __: list[Block]) -> None:
    """The block makes its files itself."""


def repository(folder: Path, _: list[Block]) -> None:
    """The examples, where the repository has them."""
    shutil.copytree(ROOT / "examples" / "schemes", folder / "examples" / "schemes")


def two_tests(folder: Path, section: list[Block]) -> None:
    """The net and its solver are the section's own blocks."""
    net, solver = (block.text for block in section if block.kind == "prototxt")
    (folder / "train_val.prototxt").write_text(net)
    (folder / "solver.prototxt").write_text(solver)
    for phase, count in (("train", 16), ("val", 8)):
        rows = [(f"{index}.png", index % 3) for index in range(count)]
        write_images(folder / phase, write_list(folder / f"{phase}.txt", rows))
        convert(
            folder / f"{phase}.txt",
            root=folder / phase,
            images=folder / f"{phase}_images",
            labels=folder / f"{phase}_labels",
        )


def a_net(folder: Path, _: list[Block]) -> None:
    """A net with its weights, and one to train that reads no file."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch, which other pages do without)

    draw_sample(folder, 30)
    generate(load_tasks(folder / "tasks.yaml")).write(folder)
    Net(folder / "deploy.prototxt").save(folder / "net.caffemodel")
    (folder / "train.prototxt").write_text(
        'layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {'
        " shape { dim: 4 dim: 8 } shape { dim: 4 }"
        ' data_filler { type: "gaussian" } data_filler { value: 1 } } }'
        'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param {'
        ' num_output: 3 weight_filler { type: "xavier" } } }'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }'
    )


def shorten(solver: Path) -> None:
    """Let a solver train for a few iterations."""
    for field, value in {"max_iter": 8, "snapshot": 4, "test_iter": 1, "test_interval": 4}.items():
        solver.write_text(
            re.sub(rf"\b{field}: \d+", f"{field}: {value}", solver.read_text(encoding="utf-8")),
            encoding="utf-8",
        )


def training(folder: Path, _: list[Block]) -> None:
    """A net of the sample, its DBs, and weights of the same net; a solver of few iterations."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch, which other pages do without)

    sample(folder, 100, 64)
    generate(load_tasks(folder / "tasks.yaml")).write(folder / "net")
    shorten(folder / "net" / "solver.prototxt")
    Net(folder / "net" / "deploy.prototxt").save(folder / "public.caffemodel")


def pairs(folder: Path, _: list[Block]) -> None:
    """The pairs of the sample, with its task file."""
    sample(folder, 100, 64)


def trained_net(folder: Path, section: list[Block]) -> None:
    """The same, trained."""
    training(folder, section)
    net = folder / "net"
    shutil.copy(folder / "public.caffemodel", net / "shapes_iter_8.caffemodel")


def short_cars(folder: Path, section: list[Block]) -> None:
    """A project with a solver of few steps."""
    cars_project(folder, section)
    shorten(folder / "cars" / "net" / "solver.prototxt")


def first_project(folder: Path, section: list[Block]) -> None:
    """Labels with photos; a project that has its commands behind it, with a solver of few steps."""
    cars(folder, section)
    (folder / "cars.csv").rename(folder / "labels.csv")
    start(folder / "labels.csv", folder / "vehicles", root=folder / "photos", quiet=True)
    shorten(folder / "vehicles" / "net" / "solver.prototxt")


def labels_of_pandas(folder: Path, _: list[Block]) -> None:
    """Labels as pandas writes them, with photos and tasks."""
    names = [f"{index}.png" for index in range(6)]
    write_images(folder / "photos", names)
    colors = ["red", "blue", ""] * 2
    rows = [
        f"{index},{color},{name},{'fine' if index else 'blurred, a bit'!r},{index % 2 == 0}"
        for index, (name, color) in enumerate(zip(names, colors, strict=True))
    ]
    text = "\n".join([",color,photo,remark,wet", *rows]).replace("'", '"')
    (folder / "labels.csv").write_text(text + "\n")
    (folder / "tasks.yaml").write_text(
        "tasks:\n"
        "  - {name: wet, loss: sigmoid, dim: 1}\n"
        "  - {name: color, loss: softmax, classes: [red, blue], ignore_label: -1}\n"
    )


def labelled_list(folder: Path, _: list[Block]) -> None:
    """A list of vehicles: an identity, classes with blanks, yes and no, a number, a doubt."""
    kinds = ("bus", "sedan", "truck", "van")
    lines = ["image,vehicle_id,colour,kind,taxi,length,doors"]
    for index in range(120):
        number = index * 7919 % 120  # each from 0 to 119, in no order
        colour = ("black", "red", "white")[number % 3] if number % 10 else ""
        numbers = f"{number % 5 % 2},{3 + number % 50 / 8:g},{2 + number % 4}"
        lines.append(f"{index}.jpg,v{number // 10},{colour},{kinds[number % 7 % 4]},{numbers}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    write_images(folder / "photos", (f"{index}.jpg" for index in range(120)))


PREPARED: dict[str, Callable[[Path, list[Block]], None]] = {
    "Python": nothing,
    "I have a CSV": first_project,
    "我有一个 CSV": first_project,
    "I have LMDBs": pairs,
    "我有 LMDB": pairs,
    "I have a net": training,
    "我有一个网络": training,
    "I want a .caffemodel for a chip": trained_net,
    "我要一个给芯片用的 .caffemodel": trained_net,
    "From a list to a net": cars,
    "从列表到网络": cars,
    "It guessed wrong": cars_project,
    "猜错了": cars_project,
    "Train it": short_cars,
    "训练": short_cars,
    "In Python": cars,
    "在 Python 里": cars,
    "Your own data": own_data,
    "你自己的数据": own_data,
    "Five tasks, as in the article": five_tasks,
    "五个任务，如原文章": five_tasks,  # noqa: RUF001
    "Several images a record": face_pairs,
    "每条记录多张图像": face_pairs,
    "CelebA: 40 attributes of -1 and +1": celeba,
    "CelebA：40 个取值为 -1 和 +1 的属性": celeba,  # noqa: RUF001
    "A list as it is": labels_of_pandas,
    "直接使用": labels_of_pandas,
    "Pairs and triplets": labelled_list,
    "成对与三元组": labelled_list,
    "Records of a program": labels_of_pandas,
    "程序里的记录": labels_of_pandas,
    "verify": quickstart,
    "Networks": vehicles,
    "网络": vehicles,
    "Look, read, mend": looks,
    "查看、读取、修改": looks,
    "From a file to scores": a_net,
    "从文件到得分": a_net,
    "One layer after the other, and backwards": a_net,
    "逐层运行，以及反向": a_net,  # noqa: RUF001
    "From a solver to weights": training,
    "从求解器到权重": training,
    "Stop and go on": training,
    "停下与继续": training,
    "Fine-tuning a public model": training,
    "微调公开的模型": training,
    "Training in Python": training,
    "在 Python 里训练": training,
    "Data to try them on": repository,
    "试用的数据": repository,
    "Inferring tasks": labelled_list,
    "推断任务": labelled_list,
    "Two tests in one training": two_tests,
    "一次训练，两个测试": two_tests,  # noqa: RUF001
}
"""What puts the files of a section's blocks into a folder, by the section's heading."""


def once(found: Iterable[Block]) -> list[Block]:
    """Leave out blocks that an earlier page has to the letter, with the same files beside them."""
    kept: dict[object, Block] = {}
    for block in found:
        section = [one for one in blocks(block.page) if one.section == block.section]
        read = tuple((one.kind, one.text) for one in section if one not in RUN)
        kept.setdefault((PREPARED.get(block.section), block.kind, block.text, read), block)
    return list(kept.values())


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the commands of the tree under test."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("caffe-multilabel", "convert_multilabel", "generate_prototxt"):
        python, flag, code = command_line(name)
        (folder / name).write_text(f"#!/bin/sh\nexec '{python}' {flag} '{code}' \"$@\"\n")
        (folder / name).chmod(0o755)
    return folder


def run(block: Block, text: str, folder: Path, programs: Path) -> str:
    """Run a block to its end; return what it printed."""
    shell = ["bash", "-euo", "pipefail", "-c"]
    done = subprocess.run(
        [*([sys.executable, "-c"] if block.kind == "python" else shell), text],
        cwd=folder,
        env=environment(PATH=f"{programs}{os.pathsep}{os.environ['PATH']}"),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{block} ends with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def without_times(text: str) -> str:
    return re.sub(r"\d+\.\d+ s\b", "... s", text)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, marks=[pytest.mark.torch] if "engine import" in block.text else [])
        for block in once(RUN)
    ],
    ids=str,
)
def test_block(block: Block, tmp_path: Path, programs: Path) -> None:
    assert block.section in PREPARED, f"{block}: say in PREPARED what its section needs"
    section = [one for one in blocks(block.page) if one.section == block.section]
    PREPARED[block.section](tmp_path, section)
    if not block.text.startswith("$ "):
        run(block, block.text, tmp_path, programs)
        return
    for session in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, printed = session.partition("\n")
        messages = run(block, command, tmp_path, programs)
        assert without_times(messages) == without_times(printed)


def test_what_is_not_run_is_known() -> None:
    """Other blocks are read by the preparation of their section."""
    read = {("Your own data", "text"), ("你自己的数据", "text"), ("Networks", "yaml")}
    read |= {("网络", "yaml"), ("Two tests in one training", "prototxt")}
    read |= {("一次训练，两个测试", "prototxt")}  # noqa: RUF001
    unknown = [
        str(block)
        for block in EVERY_BLOCK
        if block not in RUN
        and (block.section, block.kind) not in read
        and block.page not in SCHEME_PAGES  # test_schemes_docs.py
    ]
    assert not unknown


def test_what_is_said_not_to_run_is_there() -> None:
    texts = [block.text for page in PAGES for block in blocks(page)]
    assert not [begin for begin in TOLD if not any(text.startswith(begin) for text in texts)]
