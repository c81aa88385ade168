"""Fixtures that several files share."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from command_tools import RunCommand, run
from image_tools import ImageFolder, draw, encode
from requirement_tools import REQUIREMENTS
from start_lists import of_folders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from subprocess import CompletedProcess

# No test depends on the speed of the machine, nor on how busy it is.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


# A run in the background ignores Ctrl-C, and every command it starts with it; those that the tests
# interrupt must not.
signal.signal(signal.SIGINT, signal.default_int_handler)


_LEFT_OUT: pytest.StashKey[Counter[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", help="where the engine's golden cases and runs run")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEFT_OUT] = Counter()
    for marker, requirement in REQUIREMENTS.items():
        config.addinivalue_line("markers", f"{marker}: needs {requirement.needs}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests in need of OpenCV 4 run in an environment of their own, whatever `-m` leaves out."""
    if "opencv4" in config.option.markexpr or REQUIREMENTS["opencv4"].present():
        return
    elsewhere = [item for item in items if item.get_closest_marker("opencv4")]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that lacks what it needs fails: a skipped one looks like one that passed."""
    for marker, requirement in REQUIREMENTS.items():
        if item.get_closest_marker(marker) is not None and not requirement.present():
            pytest.fail(
                f"needs {requirement.needs}: {requirement.remedy}, or leave such tests out with"
                f' -m "not {marker}"',
                pytrace=False,
            )


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        item.config.stash[_LEFT_OUT].update(
            marker for marker in REQUIREMENTS if item.get_closest_marker(marker) is not None
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist tells its controller, which collects nothing itself."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = dict(session.config.stash[_LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker leaves out the same."""
    node.config.stash[_LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out"))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for marker, count in sorted(config.stash[_LEFT_OUT].items()):
        requirement = REQUIREMENTS[marker]
        if requirement.present():
            continue  # left out by choice, not for want of something
        terminalreporter.write_line(
            f"left out: {count} marked {marker}, which need {requirement.needs}"
            f" ({requirement.remedy})"
        )


@pytest.fixture
def run_command(tmp_path: Path) -> RunCommand:
    def run_here(name: str, *arguments: object, **options: Any) -> CompletedProcess[str]:
        return run(name, *arguments, cwd=tmp_path, **options)

    return run_here


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory: pytest.TempPathFactory) -> ImageFolder:
    """A dozen small images of differing sizes, PNG and JPEG by turns."""
    folder = tmp_path_factory.mktemp("images")
    names = [f"{index:02d}{'.jpg' if index % 2 else '.png'}" for index in range(12)]
    for index, name in enumerate(names):
        data = encode(draw(index, 8 + index, 20 - index), Path(name).suffix)
        (folder / name).write_bytes(data)
    return ImageFolder(folder, names)


@pytest.fixture(scope="session")
def slow_image_folder(tmp_path_factory: pytest.TempPathFactory) -> ImageFolder:
    """Images large enough that a conversion of them can be stopped on its way."""
    folder = tmp_path_factory.mktemp("slow_images")
    kinds = [encode(draw(seed, 400, 600), ".png" if seed == 0 else ".jpg") for seed in range(6)]
    names = [f"{index:03d}{'.jpg' if index % 6 else '.png'}" for index in range(240)]
    for index, name in enumerate(names):
        (folder / name).write_bytes(kinds[index % 6])
    (folder / names[100]).write_bytes(b"no image")
    (folder / names[101]).unlink()
    return ImageFolder(folder, names)


@pytest.fixture(scope="session")
def first_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from caffe_multilabel import start  # noqa: PLC0415  (few tests make projects)

    folder = tmp_path_factory.mktemp("first")
    of_folders(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        start("pets", "project", quiet=True)
    return folder


@pytest.fixture
def made(first_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the folders of pets, beside them in the working folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(first_project, tmp_path, dirs_exist_ok=True)
    return Path("project")


@pytest.fixture
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    """`--device`; a GPU computes in whole float32, as Caffe's does."""
    from caffe_multilabel.engine.training.device import rounding  # noqa: PLC0415  (torch)

    with rounding(tf32=False):
        yield str(request.config.getoption("--device"))
