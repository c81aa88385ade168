"""What programs and users hold on to: names, versions, a true stub, a --help that is fast."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import caffe_multilabel
from caffe_multilabel import _core
from caffe_multilabel.cli.main import COMMANDS
from command_tools import environment

PACKAGE = Path(caffe_multilabel.__file__).parent

# Names that were public once stay so. New ones are added here with the release that has them.
NAMES = {
    "Cancelled",
    "ConvertProgress",
    "ConvertReport",
    "DatabaseError",
    "Error",
    "ListError",
    "OptionError",
    "OutputError",
    "ImageError",
    "PrototxtError",
    "TaskFileError",
    "__version__",
    "convert",
    "draw_sample",
    "load_records",
    "load_tasks",
    "verify",
}

# The options of convert() with their defaults: taking one away, or giving it another default,
# breaks programs that work.
CONVERT = {
    "images": inspect.Parameter.empty,
    "labels": inspect.Parameter.empty,
    "root": "",
    "label_count": None,
    "tasks": None,
    "list_format": "auto",
    "header": "auto",
    "gray": None,
    "resize": None,
    "encoded": False,
    "encode_type": "",
    "trust": False,
    "check_size": False,
    "label_shape": None,
    "shuffle": False,
    "seed": 0,
    "threads": None,
    "on_bad_image": "reject",
    "max_bad": None,
    "overwrite": False,
    "resume": False,
    "ignore_free_space": False,
    "progress": None,
}

HEAVY = ("numpy", "pydantic", "google.protobuf", "rich", "yaml", "lmdb", "caffe_multilabel._core")


def test_public_names_are_there_and_say_what_they_are() -> None:
    assert set(caffe_multilabel.__all__) >= NAMES
    assert sorted(caffe_multilabel.__all__) == dir(caffe_multilabel)
    for name in set(caffe_multilabel.__all__) - {"__version__"}:
        public = getattr(caffe_multilabel, name)
        assert inspect.getdoc(public), name
        assert public.__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'convrt'"):
        _ = caffe_multilabel.convrt


def test_options_of_convert() -> None:
    parameters = list(inspect.signature(caffe_multilabel.convert).parameters.values())
    assert parameters[0].name == "records"
    found = {parameter.name: parameter.default for parameter in parameters[1:]}
    assert {name: found.get(name, "gone") for name in CONVERT} == CONVERT
    assert {parameter.kind for parameter in parameters[1:]} == {inspect.Parameter.KEYWORD_ONLY}
    described = inspect.getdoc(caffe_multilabel.convert) or ""
    assert [name for name in found if f"\n    {name}: " not in described] == []


def test_errors_are_one_family_that_says_where() -> None:
    for name in NAMES:
        public = None if name == "__version__" else getattr(caffe_multilabel, name)
        if inspect.isclass(public) and issubclass(public, caffe_multilabel.Error):
            made = public("what is wrong", path="list.txt", line=3, key="tasks[1]")
            assert (str(made), made.message) == ("what is wrong", "what is wrong")
            assert (made.path, made.line, made.key) == ("list.txt", 3, "tasks[1]")


def test_one_version() -> None:
    built = json.loads(_core.build_info())
    assert list(built) == ["caffe_multilabel", "opencv", "libjpeg_turbo", "lmdb"]
    project = PACKAGE.parents[1] / "pyproject.toml"
    if project.exists():
        stated = re.search(r'^version = "(.+)"$', project.read_text(), re.MULTILINE)
        assert stated is not None
        assert stated.group(1) == built["caffe_multilabel"]
    installed = version("caffe-multilabel")
    assert caffe_multilabel.__version__ == installed == built["caffe_multilabel"]


def test_installed_commands_exist() -> None:
    scripts = {
        script.name: script
        for script in entry_points(group="console_scripts")
        if script.value.startswith("caffe_multilabel.")
    }
    assert set(scripts) == {"convert_multilabel", "generate_prototxt", "caffe-multilabel"}
    assert all(callable(script.load()) for script in scripts.values())


def test_the_stub_names_what_the_core_has() -> None:
    tree = ast.parse((PACKAGE / "_core.pyi").read_text())
    stub = {
        node.name: node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    numbers = {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert {*stub, *numbers} == {name for name in dir(_core) if not name.startswith("_")}
    for name, node in stub.items():
        if isinstance(node, ast.ClassDef):
            members = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
            found = {part for part in vars(getattr(_core, name)) if not part.startswith("_")}
            assert {part for part in members if not part.startswith("_")} == found, name
            specials = {part for part in members if part.startswith("__")}
            assert all(hasattr(getattr(_core, name), part) for part in specials), name


def test_help_loads_nothing_heavy() -> None:
    """In one process, one command after another: the first to load something is named."""
    script = f"""
import contextlib, io, sys
from importlib import import_module
import caffe_multilabel
from caffe_multilabel.cli.main import COMMANDS, main
from caffe_multilabel.cli import convert, prototxt
calls = [("import", lambda: None), ("caffe-multilabel --help", lambda: main(["--help"]))]
calls += [(name, lambda name=name: main([name, "--help"])) for name in COMMANDS]
calls += [(module.PROGRAM, lambda module=module: module.main(["--help"]))
          for module in (convert, prototxt)]
for name, call in calls:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            code = call()
        except SystemExit as ended:
            code = ended.code
    assert not code, (name, code)
    assert name == "import" or said.getvalue().startswith("usage: "), name
    loaded = [heavy for heavy in {HEAVY} if heavy in sys.modules]
    assert not loaded, (name, loaded)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "convert" in COMMANDS
