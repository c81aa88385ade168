"""Every example in a docstring gives what it shows; every public name has one.

The examples of public names run as a reader would run them: alone, in a copy of the folder that the
reference's own page makes. Those inside the package see the names of their module.
"""

from __future__ import annotations

import doctest
import inspect
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import caffe_multilabel
from command_tools import environment
from doc_tools import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(caffe_multilabel.__file__).parent
PAGE = ROOT / "docs" / "en" / "reference" / "python.md"
TORCH_MODULE = "caffe_multilabel.reader.torch"
ENGINE = "caffe_multilabel.engine"
PUBLIC = sorted({*caffe_multilabel.__all__, "TorchDataset"} - {"__version__"})
METHODS = ("MultilabelDataset.batches",)
"""Methods that want an example of their own."""


def public(name: str) -> Any:
    """A public class or function, or a method of one by its dotted name."""
    found: Any = caffe_multilabel
    for part in name.split("."):
        found = getattr(found, part)
    return found


def own_examples(found: object) -> list[doctest.Example]:
    return doctest.DocTestParser().get_examples(inspect.getdoc(found) or "")


def examples_of(found: object, names: dict[str, Any]) -> Iterator[doctest.DocTest]:
    """The docstrings with examples of a class and its methods, of a function, or of a module."""
    module = found if inspect.ismodule(found) else None
    name = getattr(found, "__name__", "")
    for test in doctest.DocTestFinder().find(found, name, module=module, globs=names):
        if test.examples:
            yield test


def check(test: doctest.DocTest) -> None:
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    result = runner.run(test, out=said.append)
    assert not result.failed, "".join(said)
    assert result.attempted == len(test.examples)


def inner_modules() -> list[str]:
    """The modules of the package with examples, but for the one that needs torch."""
    paths = [path for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths]
    return sorted({name.removesuffix(".__init__") for name in names} - {TORCH_MODULE})


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the page on Python makes."""
    folder = tmp_path_factory.mktemp("examples") / "sample"
    folder.mkdir()
    [block] = [block for block in blocks(PAGE) if block.kind == "python"]
    subprocess.run(
        [sys.executable, "-c", block.text], cwd=folder, env=environment(), timeout=120, check=True
    )
    return folder


@pytest.fixture
def _sample(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes into a copy of that folder."""
    folder = shutil.copytree(prepared, tmp_path / "sample")
    monkeypatch.chdir(folder)


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.torch] if name == "TorchDataset" else [])
        for name in PUBLIC
    ],
)
def test_public_name(name: str) -> None:
    found = public(name)
    assert own_examples(found), f"{name} has no example"
    for test in examples_of(found, {}):
        check(test)


@pytest.mark.parametrize("name", METHODS)
def test_method_has_an_example(name: str) -> None:
    assert own_examples(public(name)), f"{name} has no example"


@pytest.mark.usefixtures("_sample")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.torch] if name.startswith(ENGINE) else [])
        for name in inner_modules()
    ],
)
def test_module(name: str) -> None:
    """What is public runs above, and sees no name of its module."""
    module = import_module(name)
    for test in examples_of(module, dict(vars(module))):
        if test.name.removeprefix(f"{name}.").split(".")[0] not in PUBLIC:
            check(test)


def test_an_example_that_is_wrong_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "sum", None, None)
    with pytest.raises(AssertionError, match="Expected"):
        check(wrong)
    assert capsys.readouterr().out == ""
