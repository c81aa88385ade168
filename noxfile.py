"""The project's commands, each in one place: `nox -l` lists them, `nox -s NAME` runs one.

They run in the environment that `scripts/setup.sh dev` made, so that nothing is built twice; only
the wheel gets an environment of its own. CI runs these same sessions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["cpp(asan)", "tests", "opencv4"]

# Without the environment being active, too.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
if shutil.which("ccache"):
    os.environ.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
    # Without these it does not trust the tests' precompiled header.
    os.environ.setdefault("CCACHE_SLOPPINESS", "pch_defines,time_macros")

BUILD = Path("build").resolve()
OPENCV4 = BUILD / "opencv4"


def cpp_files() -> list[str]:
    listing = ["git", "ls-files", "*.h", "*.cc"]
    return subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split()


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Format all code."""
    session.run("ruff", "check", "--fix-only", ".")
    session.run("ruff", "format", ".")
    session.run("clang-format", "-i", *cpp_files())


@nox.session
def lint(session: nox.Session) -> None:
    """Formats, ruff's rules, types."""
    session.run("clang-format", "--dry-run", "--Werror", *cpp_files())
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")


@nox.session
def tidy(session: nox.Session) -> None:
    """clang-tidy over the core and the binding; arguments choose files."""
    pybind11 = subprocess.run(
        [sys.executable, "-m", "pybind11", "--cmakedir"], check=True, capture_output=True, text=True
    ).stdout.strip()
    session.run("cmake", "--preset", "tidy", f"-Dpybind11_DIR={pybind11}", silent=True)
    files = session.posargs or [r"^(?!.*/cpp/tests/).*/cpp/.*\.cc$"]
    session.run("run-clang-tidy.py", "-quiet", "-p", str(BUILD / "tidy"), *files)


@nox.session
@nox.parametrize("preset", [nox.param(name, id=name) for name in ("dev", "asan", "tsan")])
def cpp(session: nox.Session, preset: str) -> None:
    """C++ tests: optimised, or under a sanitizer."""
    session.run("cmake", "--preset", preset, silent=True)
    session.run("cmake", "--build", "--preset", preset)
    session.run("ctest", "--preset", preset)


@nox.session
def tests(session: nox.Session) -> None:
    """Python tests, on all cores; arguments go to pytest."""
    workers = ["--numprocesses=auto", "--dist=worksteal"]
    session.run("python", "-m", "pytest", *workers, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Documentation in both languages, as HTML in build/docs."""
    for folder, language in (("en", "en"), ("zh", "zh_CN")):
        made = str(BUILD / "docs" / folder)
        strict = ["--fail-on-warning", "--keep-going", "--nitpicky", "--fresh-env", "--quiet"]
        options = ["--conf-dir", "docs", "-D", f"language={language}"]
        session.run("sphinx-build", *strict, *options, f"docs/{folder}", made)


@nox.session
def opencv4(session: nox.Session) -> None:
    """Nets in OpenCV 4's Caffe importer, which OpenCV 5 has no more."""
    if not OPENCV4.is_dir():
        wanted, unfinished = "opencv-python-headless>=4.8,<5", f"{OPENCV4}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", unfinished]
        session.run("python", "-m", "pip", "install", *options, wanted)
        Path(unfinished).rename(OPENCV4)
    path = os.pathsep.join(filter(None, [str(OPENCV4), os.environ.get("PYTHONPATH")]))
    session.run("python", "-m", "pytest", "-m", "opencv4", env={"PYTHONPATH": path})


@nox.session
def debian13(session: nox.Session) -> None:
    """C++ tests that decode, in a bare tree of Debian 13: other decoders, another compiler."""
    commands = [
        "bash scripts/setup.sh packages",
        # Decoders are what differs there; that ours is right where it is optimised is known here.
        "cmake --preset dev -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
        "cmake --build --preset dev --target image_tests thread_tests",
        "ctest --preset dev --tests-regex 'image_tests|thread_tests'",
    ]
    session.run(".ci/debian_tree", "trixie", "bash", "-c", " && ".join(commands), external=True)


def check_sdist(session: nox.Session, sdist: Path) -> None:
    """Fail unless it holds all that git has, but for what begins with a dot."""
    listing = ["git", "ls-files", "-z"]
    tracked = subprocess.run(listing, check=True, capture_output=True).stdout.decode().split("\0")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    lacking = [name for name in tracked if name and name[0] != "." and name not in held]
    if lacking:
        session.error(f"{sdist.name} lacks {', '.join(lacking)}")


@nox.session(venv_backend="venv")
def wheel(session: nox.Session) -> None:
    """Wheel and sdist, installed into an empty environment and tested there."""
    dist, scratch = BUILD / "dist", BUILD / "wheel"
    for folder in (dist, scratch):
        shutil.rmtree(folder, ignore_errors=True)
    scratch.mkdir(parents=True)
    # The wheel is made of what the sdist holds. It is unpacked below the checkout, so that ccache
    # knows what it compiles from the checkout's own builds.
    ccache = {"CCACHE_BASEDIR": str(BUILD.parent), "CCACHE_NOHASHDIR": "1"}
    command = [sys.executable, "-m", "build", "--outdir", str(dist)]
    session.run(*command, env={"TMPDIR": str(scratch)} | ccache, external=True)
    check_sdist(session, *dist.glob("caffe_multilabel-*.tar.gz"))
    [made] = dist.glob("caffe_multilabel-*.whl")
    session.install(f"{made}[test]")
    # Away from the source tree, which would stand in for what the wheel lacks.
    shutil.copytree("tests", dist / "tests")
    config = Path("pyproject.toml").resolve()
    session.chdir(dist)
    files = ["tests/test_golden.py", "tests/test_public_api.py", "tests/test_typing.py"]
    session.run("python", "-m", "pytest", "-q", "-c", str(config), "--rootdir", ".", *files)
