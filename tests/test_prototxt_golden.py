"""Every example against the files it is known to give.

A wanted change is taken over with `python tests/prototxt_golden/regenerate.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import load_tasks

GOLDEN = Path(__file__).parent / "prototxt_golden"
EXAMPLES = {
    path.stem: path for path in sorted((Path(__file__).parents[1] / "examples").rglob("*.yaml"))
}
MESSAGES = {
    "train_val.prototxt": "NetParameter",
    "deploy.prototxt": "NetParameter",
    "solver.prototxt": "SolverParameter",
}


def test_there_is_an_example_for_each_golden_folder() -> None:
    assert [path.name for path in sorted(GOLDEN.iterdir()) if path.is_dir()] == sorted(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_give_the_golden_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no database of an example is there
    net = generate(load_tasks(EXAMPLES[name]))
    files = net.files(name)
    assert sorted(files) == sorted(path.name for path in (GOLDEN / name).iterdir())
    for file, content in files.items():
        assert content == (GOLDEN / name / file).read_bytes(), file


@pytest.mark.parametrize("name", EXAMPLES)
def test_golden_files_read_back_as_the_same_messages(name: str) -> None:
    net = generate(load_tasks(EXAMPLES[name]))
    for file, message_name in MESSAGES.items():
        text = (GOLDEN / name / file).read_text("utf-8")
        message = parse_text(text.replace(f'source: "{name}/', 'source: "'), message_name)
        if file != "solver.prototxt":
            assert message == (net.deploy if file.startswith("deploy") else net.train_val)
