"""Datasets across threads and processes. What needs a process of its own runs as a script."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from caffe_multilabel.reader import MultilabelDataset
from command_tools import environment
from image_tools import draw
from reader_tools import labels, raw, write_db

COUNT = 50

PREAMBLE = """
import gc, os, pickle, signal, sys, time
import numpy as np
from caffe_multilabel import OptionError
from caffe_multilabel.reader import MultilabelDataset
signal.alarm(60)  # a deadlock is a failure

data = MultilabelDataset("images", "labels")

def check(data):
    assert data.labels()[:, 0].tolist() == list(range(50))
    assert [row[0] for _, row in data] == list(range(50))
    assert sum(len(images) for images, _ in data.batches(7, threads=3, shuffle=True)) == 50

def child(work):
    '''Run work in a forked process that then ends as any program does.'''
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        work()
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pair")
    write_db(made / "images", [raw(draw(at, 30, 40).transpose(2, 0, 1)) for at in range(COUNT)])
    write_db(made / "labels", [labels(at) for at in range(COUNT)])
    return made


def run_script(folder: Path, script: str) -> None:
    # Newer Pythons warn of a fork beside other threads, which is what is tested here.
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PREAMBLE + script],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("known", ["", "data[0]", "data[30]", "data[49]", "check(data)"])
def test_after_a_fork(folder: Path, known: str) -> None:
    run_script(
        folder,
        f"""
{known}
child(lambda: check(data))
child(lambda: child(lambda: check(data)))
check(data)
""",
    )


def test_a_fork_in_the_middle_of_batches(folder: Path) -> None:
    """The threads are not in the child: it must neither wait for them nor take their batches."""
    run_script(
        folder,
        """
batches = data.batches(5, threads=4)
kept = [next(batches)]

def use():
    try:
        next(batches)
    except OptionError as error:
        assert "after the fork" in str(error)
    else:
        raise AssertionError
    batches.close()
    check(data)

def drop():
    global batches
    del batches, kept[0]
    gc.collect()
    check(data)

for _ in range(20):
    child(use)
    child(drop)
    child(lambda: None)
assert len([*batches]) == 9
""",
    )


def test_the_end_of_the_program_does_not_wait(folder: Path) -> None:
    run_script(
        folder,
        """
kept = [data.batches(1, threads=4) for _ in range(3)]
kept.append(kept)  # a cycle, which is not collected at the end
next(kept[0])
""",
    )


def test_pickle_to_another_process(folder: Path) -> None:
    run_script(
        folder,
        """
import subprocess
data[20]
code = "import pickle, sys; data = pickle.load(sys.stdin.buffer); " \\
       "assert [row[0] for _, row in data] == [9, 8, 7]"
subprocess.run([sys.executable, "-c", code], input=pickle.dumps(data[9:6:-1]), check=True)
""",
    )


def test_without_write_permission(folder: Path) -> None:
    """Nor is anything written where it could be."""
    folder.chmod(0o755)
    databases = [folder / "images", folder / "labels"]
    for database in databases:
        (database / "lock.mdb").unlink(missing_ok=True)
        (database / "data.mdb").chmod(0o444)
        database.chmod(0o555)
    before = [(each.stat().st_mtime_ns, sorted(each.iterdir())) for each in databases]
    run_script(
        folder,
        """
if os.getuid() == 0:
    os.setuid(65534)  # whom modes do concern
assert not any(os.access(name, os.W_OK) for name in ("images", "labels", "images/data.mdb"))
check(MultilabelDataset("images", "labels"))
""",
    )
    assert [
        (database.stat().st_mtime_ns, sorted(database.iterdir())) for database in databases
    ] == before
    for database in databases:
        database.chmod(0o755)


def test_many_threads_on_one_dataset(folder: Path) -> None:
    for _ in range(5):
        data = MultilabelDataset(folder / "images", folder / "labels")
        order = np.random.default_rng(0).permutation(np.arange(COUNT).repeat(8)).tolist()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(data.__getitem__, order))
        for at, (image, row) in zip(order, found, strict=True):
            assert row[0] == at
            assert image[0, 0, 0] == draw(at, 30, 40)[0, 0, 0]


def test_many_threads_on_one_iterator(folder: Path) -> None:
    data = MultilabelDataset(folder / "images", folder / "labels")
    batches = data.batches(1, threads=3)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: [row[0, 0] for _, row in batches], range(4)))
    assert sorted(label for part in parts for label in part) == list(range(COUNT))
    assert all(part == sorted(part) for part in parts)


def test_threads_end_with_their_iterator(folder: Path) -> None:
    """Its own: threads that others have left may end meanwhile."""

    def threads() -> set[str]:
        return {each.name for each in Path("/proc/self/task").iterdir()} - before

    def wait_for(wanted: int) -> None:
        """A thread that was joined may still be listed for a moment."""
        end = time.monotonic() + 30
        while len(threads()) != wanted:
            assert time.monotonic() < end
            time.sleep(0.001)

    data = MultilabelDataset(folder / "images", folder / "labels")
    before: set[str] = set()
    before = threads()
    batches = data.batches(1, threads=5)
    next(batches)
    wait_for(5)
    del batches
    wait_for(0)
    list(data.batches(10, threads=5))
    wait_for(0)
