"""That each test ran in one environment or another.

As a plugin of pytest it notes which tests were collected, those that `-m` then left out included,
and which ran; as a program it compares the notes of all runs. They lie in `$TEST_RECORDS`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

_RECORDS = Path(os.environ["TEST_RECORDS"])
_seen: set[str] = set()
_ran: set[str] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    _seen.update(item.nodeid for item in items)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and not report.skipped:
        _ran.add(report.nodeid)


def pytest_sessionfinish() -> None:
    record = {"seen": sorted(_seen), "ran": sorted(_ran)}
    (_RECORDS / f"{os.getpid()}.json").write_text(json.dumps(record))


def main() -> int:
    records = [json.loads(path.read_text()) for path in _RECORDS.glob("*.json")]
    seen, ran = ({test for record in records for test in record[key]} for key in ("seen", "ran"))
    print(f"{len(ran)} of {len(seen)} Python tests ran")
    for test in sorted(seen - ran):
        print(f"ran nowhere: {test}")
    return 0 if ran and seen == ran else 1


if __name__ == "__main__":
    sys.exit(main())
