"""Ways to damage an LMDB, and a process in which commands may die of it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lmdb

from command_tools import environment
from lmdb_tools import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_WORKER = Path(__file__).with_name("damage_worker.py")
_PAGE = 4096
# Where a header of LMDB 0.9 has the flags of its records, their root, and its transaction's number.
_FLAGS, _ROOT, _TRANSACTION = 92, 128, 144


def _without_root(content: bytes) -> bytes:
    """The content with the root page of its records zeroed."""
    metas = [
        [int.from_bytes(content[page + at :][:8], "little") for at in (_TRANSACTION, _ROOT)]
        for page in (0, _PAGE)
    ]
    at = max(metas)[1] * _PAGE
    return content[:at] + bytes(_PAGE) + content[at + _PAGE :]


def _with_several_values_a_key(content: bytes) -> bytes:
    """The content with MDB_DUPSORT, which py-lmdb gives to named databases only."""
    flagged = bytearray(content)
    flagged[_FLAGS] = flagged[_PAGE + _FLAGS] = 4
    return bytes(flagged)


def _rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        data = folder / "data.mdb"
        data.write_bytes(change(data.read_bytes()))

    return damage


def _replace(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / "data.mdb").unlink()
        make(folder / "data.mdb")

    return damage


def write_records(data: Path, records: Iterable[tuple[bytes, bytes]], **database: Any) -> None:
    """Write an LMDB of any kind as one file; `database` are options of py-lmdb's `open_db`."""
    with lmdb.open(str(data), subdir=False, lock=False, max_dbs=2, map_size=1 << 24) as env:
        handle = env.open_db(**database)
        with env.begin(write=True, db=handle) as txn:
            for key, value in records:
                txn.put(key, value)


def _foreign(*values: bytes, **database: Any) -> Callable[[Path], None]:
    return _replace(
        lambda data: write_records(
            data, ((b"%08d_a.png" % index, value) for index, value in enumerate(values)), **database
        )
    )


def _with_record(change: Callable[[bytes], bytes | None]) -> Callable[[Path], None]:
    """Write all records anew, one in the middle changed, or left out for None."""

    def damage(folder: Path) -> None:
        found = records(folder)
        key, value = found[len(found) // 2]
        changed = change(value)
        found[len(found) // 2 : len(found) // 2 + 1] = [] if changed is None else [(key, changed)]
        (folder / "data.mdb").unlink()
        write_records(folder / "data.mdb", found)

    return damage


# Files that are no LMDB of Caffe's: every command that opens one says so and ends.
UNREADABLE: dict[str, Callable[[Path], None]] = {
    "cut at a half": _rewrite(lambda content: content[: len(content) // 2 + 100]),
    "cut at a page": _rewrite(lambda content: content[: (len(content) // _PAGE - 1) * _PAGE]),
    "cut to its headers": _rewrite(lambda content: content[: 2 * _PAGE]),
    "zeroed page of the tree": _rewrite(_without_root),
    "zeroed header": _rewrite(lambda content: bytes(_PAGE) + content[_PAGE:]),
    "text": _replace(lambda data: data.write_text("a.png 1 2 3\n" * 2000)),
    "short text": _replace(lambda data: data.write_text("to be done\n")),
    "empty file": _replace(lambda data: data.write_bytes(b"")),
    "fifo": _replace(os.mkfifo),
    "folder": _replace(Path.mkdir),
    "gone": _replace(lambda _: None),
    "dangling link": _replace(lambda data: data.symlink_to("nowhere")),
    "named databases": _foreign(b"value", key=b"train"),
    "named database of several values a key": _foreign(b"value", key=b"train", dupsort=True),
    "several values a key": _rewrite(_with_several_values_a_key),
}

# LMDBs that open and whose records are none of a pair: an answer, or an error that says where.
ODD: dict[str, Callable[[Path], None]] = {
    "no record": _foreign(),
    "records of another program": _foreign(*[b'{"class": 7}'] * 120),
    "a value that is no Datum": _with_record(lambda value: b"\xff" * len(value)),
    "a zeroed value": _with_record(lambda value: bytes(len(value))),
    "an empty value": _with_record(lambda _: b""),
    "a value cut off": _with_record(lambda value: value[: len(value) // 2]),
    "a record too few": _with_record(lambda _: None),
}

# A task of each kind in a label schema that fits records of 8 labels.
_TASKS: list[dict[str, Any]] = [
    {"name": "colour", "loss": "softmax", "columns": [0], "classes": 4},
    {"name": "flags", "loss": "sigmoid", "columns": [1, 2, 3]},
]


def _with_label_schema(task: int, **changes: Any) -> Callable[[Path], None]:
    """Give the manifest a label schema with changes to one of its tasks."""

    def damage(folder: Path) -> None:
        path = folder / "manifest.json"
        document = json.loads(path.read_text())
        tasks = [dict(each) for each in _TASKS]
        tasks[task] |= changes
        document["job"]["label_schema"] = {"label_count": 8, "tasks": tasks}
        path.write_text(json.dumps(document))

    return damage


# Label schemas in a manifest that no task file could have made.
MISFITS: dict[str, Callable[[Path], None]] = {
    "a class without a column": _with_label_schema(0, columns=[]),
    "a class of two columns": _with_label_schema(0, columns=[0, 4]),
    "no class": _with_label_schema(0, classes=0),
    "too few names": _with_label_schema(0, class_names=["red"]),
    "no such column": _with_label_schema(0, columns=[8]),
    "a value without a column": _with_label_schema(1, columns=[]),
    "a label no float32 holds": _with_label_schema(0, ignore_label=-(2**40)),
}


def flipped(content: bytes, seed: int) -> tuple[bytes, int]:
    """The content with one bit flipped, and which byte that is."""
    chance = random.Random(seed)
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :], at


class Workers:
    """Two processes of `damage_worker`, which have everything loaded before the first job."""

    def __init__(self) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(OPENBLAS_NUM_THREADS="1"),
            )
            for _ in range(2)
        ]

    def close(self) -> None:
        for process in self._processes:
            process.communicate()

    def run(self, jobs: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
        """Run jobs, with files for it in a folder.

        Returns:
            For each job `stdout`, `stderr` and `code`: negative where a signal ended it (-14: it
            hung), 99 where it raised what is no error of ours.
        """
        results: list[Any] = [None] * len(jobs)
        requests = [folder / f"jobs{number}.json" for number in range(len(self._processes))]
        for number, (process, request) in enumerate(zip(self._processes, requests, strict=True)):
            request.write_text(json.dumps(jobs[number :: len(requests)]))
            assert process.stdin
            process.stdin.write(f"{request}\n")
            process.stdin.flush()
        for number, (process, request) in enumerate(zip(self._processes, requests, strict=True)):
            assert process.stdout
            assert process.stdout.readline() == "done\n"
            lines = Path(f"{request}.results").read_text(encoding="utf-8").splitlines()
            results[number :: len(requests)] = map(json.loads, lines)
        return results
