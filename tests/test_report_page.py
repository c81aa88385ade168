"""The report as a page: what is on it, that it needs nothing else, and what it refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import lmdb
import pytest

from caffe_multilabel.errors import DatabaseError, Error, OptionError, PrototxtError
from caffe_multilabel.views.report import Report, make_report
from lint_tools import datum, image_db, label_db, write_db
from report_tools import COPIES, TRAIN, VAL, ReportFiles, make_report_files

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    return make_report_files(tmp_path_factory.mktemp("report") / "data")


@pytest.fixture(scope="module")
def report(files: ReportFiles) -> Report:
    return make_report(
        *files.train, val=files.val, net=files.net, caffe_logs=[files.log], threads=2
    )


def text_of(html: str) -> str:
    """The words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def section(html: str, name: str) -> str:
    """The markup of one section."""
    begin = html.index(f'<section id="{name}">')
    return html[begin : html.index("</section>", begin)]


def notes(report: Report, severity: str) -> str:
    return " ".join(note.text for note in report.notes if note.severity == severity)


def test_what_stands_out_is_said_first(report: Report) -> None:
    bad = notes(report, "bad")
    assert f"{COPIES} validation images ({100 * COPIES / VAL:.1f} %) look like one" in bad
    assert "nan or infinity" in bad
    warnings = notes(report, "warn")
    assert "1 group of images that look the same is not labelled the same" in warnings
    assert "kind: 1 class of 7 never in training" in warnings
    assert "Label column 4: the same label in all records" in warnings
    order = [note.severity for note in report.notes]
    assert order == sorted(order, key=["bad", "warn", "info"].index)
    for note in report.notes:
        assert f'<section id="{note.section}">' in report.html


def test_images_carry_their_labels_and_points(report: Report) -> None:
    part = section(report.html, "images")
    assert part.count('src="data:image/jpeg;base64,') == 28
    assert part.count('class="point task0"') == 28
    words = text_of(part)
    assert "Points are drawn where centre says" in words
    for name in ("circle", "heart", "filled", "pink"):
        assert name in words


def test_every_task_has_a_card(report: Report) -> None:
    words = text_of(section(report.html, "labels"))
    assert "kind softmax, 7 classes" in words
    assert "1 missing in training, 0 in validation" in words
    assert "Never: &lt;b&gt;&amp;." in words
    assert "flags sigmoid, 3 yes/no values" in words
    assert "centre euclidean, 2 numbers" in words
    assert f"always {TRAIN} 100.0 %" in words
    assert section(report.html, "labels").count('class="area train"') == 3


def test_names_are_text_and_no_markup(report: Report) -> None:
    assert "&lt;b&gt;&amp;" in report.html
    assert "<b>&" not in report.html


def test_copies_are_shown_with_what_they_disagree_on(report: Report) -> None:
    part = section(report.html, "duplicates")
    assert part.count("across the split") == COPIES
    assert part.count("labels differ: color") == 1
    assert part.count("<img") == 2 * COPIES


def test_the_net_its_heads_and_its_warnings_are_there(report: Report, files: ReportFiles) -> None:
    drawing = section(report.html, "net")
    for name in ("conv1", "ip1", "loss_kind", "loss_centre"):
        assert f'class="name">{name}<' in drawing
    assert "5 losses" in text_of(drawing)
    assert re.search(r"kind 0 ip1 \S+ SoftmaxWithLoss 0\.2", text_of(drawing))
    assert "fc" in drawing
    findings = text_of(section(report.html, "findings"))
    assert str(files.folder) not in findings
    assert "train_images_of_it" in findings, "lint looks for the DBs that the net names"


def test_size_brightness_drift_and_training_are_there(report: Report) -> None:
    sizes = text_of(section(report.html, "sizes"))
    assert f"96 × 96, colour {TRAIN}" in sizes  # noqa: RUF001
    assert f"72 × 64, colour {VAL}" in sizes  # noqa: RUF001
    assert text_of(section(report.html, "drift")).count("as a random split") == 5
    assert "train: nan at 100" in section(report.html, "training")
    heat = section(report.html, "correlation")
    assert "centre.x and centre.y" in heat


def test_the_page_asks_for_nothing(report: Report) -> None:
    links = re.findall(r"""(?:src|href|action|data)\s*=\s*["']([^"']*)""", report.html)
    assert links
    assert all(link.startswith(("data:", "#")) for link in links)
    assert not re.search(
        r"url\(|@import|<script|<iframe|<object|<link(?! rel=\"icon\")", report.html
    )
    assert "default-src 'none'" in report.html


def test_the_same_data_give_the_same_page(report: Report, files: ReportFiles) -> None:
    again = make_report(
        *files.train, val=files.val, net=files.net, caffe_logs=[files.log], threads=1
    )
    assert again.html == report.html


def test_a_pair_alone_makes_a_report(files: ReportFiles) -> None:
    html = make_report(*files.train).html
    for name in ("drift", "net", "findings", "training"):
        assert f'id="{name}"' not in html
    assert "validation" not in text_of(html)


def test_pairs_of_other_tools_make_a_report(tmp_path: Path) -> None:
    """No schema, gray and six-channel images, bytes that are no text in keys, and bad records."""
    content = bytes(range(64))
    images = [
        (b"<i>\xff0", datum(channels=1, height=8, width=8, data=content)),
        (b"<i>\xff1", datum(channels=6, height=4, width=4, data=bytes(96))),
        (b"<i>\xff2", datum(channels=3, height=8, width=8, data=b"too short")),
        (b"<i>\xff3", datum(channels=1, height=4, width=4, float_data=[0.5] * 16)),
    ]
    (tmp_path / "images").mkdir()
    with lmdb.open(str(tmp_path / "images"), map_size=1 << 20) as env, env.begin(write=True) as txn:
        for key, message in images:
            txn.put(key, message.SerializeToString())
    labels = label_db(tmp_path / "labels", [[1, 0.5], [1, float("nan")], [0, 2.5], [0, -1.25]])
    report = make_report(tmp_path / "images", labels)
    assert "1 image cannot be read." in notes(report, "bad")
    assert "column 1: 1 label of no allowed value." in notes(report, "bad")
    assert section(report.html, "images").count("<img") == 3
    assert "Nothing tells what the columns mean" in text_of(report.html)
    assert "&lt;i&gt;\\xff0" in report.html
    report.write(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == report.html


def test_a_pair_without_one_readable_image_makes_a_report(tmp_path: Path) -> None:
    images = write_db(tmp_path / "images", [("0", datum(channels=1, height=2, width=2, data=b"x"))])
    report = make_report(images, label_db(tmp_path / "labels", [[3]]))
    assert "1 image cannot be read." in notes(report, "bad")
    assert "<img" not in report.html


def test_what_cannot_be_a_report_is_refused(files: ReportFiles, tmp_path: Path) -> None:
    three = image_db(tmp_path / "three", [(1, 4, 4)] * 3)
    with pytest.raises(DatabaseError, match="they are no pair"):
        make_report(three, files.train[1])
    labels = label_db(tmp_path / "labels", [[1], [2], [3]])
    with pytest.raises(DatabaseError, match=r"8 labels a record, .* has 1"):
        make_report(*files.train, val=(three, labels))
    with pytest.raises(PrototxtError):
        make_report(*files.train, net=tmp_path / "nowhere.prototxt")
    with pytest.raises(Error, match="cannot read the log"):
        make_report(*files.train, caffe_logs=[tmp_path / "nowhere.log"])
    with pytest.raises(OptionError, match="threads is 0"):
        make_report(*files.train, threads=0)


def test_the_command_writes_the_page_and_says_what_stands_out(
    files: ReportFiles, report: Report, tmp_path: Path, run_command: RunCommand
) -> None:
    options = ["--val", *files.val, "--net", files.net, "--caffe_log", files.log]
    arguments = ["report", *files.train, *options, "-o", "page.html", "--quiet"]
    done = run_command("caffe-multilabel", *arguments)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [note.text for note in report.notes]
    page = (tmp_path / "page.html").read_text()
    for name in ("images", "labels", "duplicates", "net", "training"):
        assert section(page, name) == section(report.html, name)

    for arguments, message in (
        (["report", *files.train], "-o FILE.html is wanted"),
        (["report", *files.train, "-o", "page.pdf"], "must end in .html"),
    ):
        done = run_command("caffe-multilabel", *arguments)
        assert done.returncode == 2
        assert message in done.stderr
