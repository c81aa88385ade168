"""The task files on the pages of schemes: each makes nets, and lint finds nothing in them."""

from __future__ import annotations

import pytest
import yaml

from caffe_multilabel import generate, lint_net, load_tasks
from caffe_multilabel.tasks import Data
from doc_tools import ROOT, Block, blocks

PAGES = {name: blocks(ROOT / "docs" / name / "schemes.md") for name in ("en", "zh")}
FILES = [block for page in PAGES.values() for block in page if block.kind == "yaml"]
MAY_BE = {"missing-file", "loss-weight-sum", "phase-source"}
"""There are no DBs, and a page weighs no losses."""


@pytest.mark.parametrize("block", FILES, ids=str)
def test_a_task_file_of_the_page_makes_a_net_without_findings(block: Block) -> None:
    keys = yaml.safe_load(block.text)
    pair = {"images": "images", "labels": "labels", "batch_size": 8}
    data = keys.setdefault("data", {})
    record = Data(**data).record
    if "resize" not in data:
        data["shape"] = [record.channels(3), 56, 56]
    tasks = load_tasks({"backbone": "lenet", **keys, "data": {**data, "train": pair, "test": pair}})
    net = generate(tasks)
    found = [*lint_net(net.train_val, tasks=tasks), *lint_net(net.deploy)]
    assert [each for each in found if each.rule not in MAY_BE] == []


def test_both_pages_have_the_same_task_files() -> None:
    texts = [[block.text for block in page if block.kind == "yaml"] for page in PAGES.values()]
    assert texts[0] == texts[1]
