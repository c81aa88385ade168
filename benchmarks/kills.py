"""Kills a training at random moments, and proves that nothing is lost by it.

    python benchmarks/kills.py [--kills 30] [--seed 1] [--work DIR]

A net with crops, mirrors and dropout is trained once without a break, through `caffe-multilabel
train`. Then the same training is killed (SIGKILL) at moments drawn at random, and gone on with from
its newest snapshot each time. After each kill every snapshot on the disk must have the bytes that
it has in the unbroken training, and in the end all of them must be there. A training that has all
of them begins anew, and kills that come after its end count for none.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from caffe_multilabel import convert, draw_sample

_SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "multistep" gamma: 0.5 stepvalue: 60 type: "Adam"
momentum: 0.9 momentum2: 0.999 max_iter: 1200 snapshot: 10 snapshot_prefix: "state/k" test_iter: 3
test_interval: 15 display: 20 random_seed: 4 solver_mode: CPU
"""

_DATA = """
layer {{ name: "data" type: "Data" top: "data" include {{ phase: {phase} }}
        transform_param {{ mirror: true crop_size: 28 scale: 0.004 }}
        data_param {{ source: "images" batch_size: {batch} backend: LMDB }} }}
layer {{ name: "label" type: "Data" top: "label" include {{ phase: {phase} }}
        data_param {{ source: "labels" batch_size: {batch} backend: LMDB }} }}
"""

_NET = """
layer { name: "slice" type: "Slice" bottom: "label" top: "kind" top: "rest"
        slice_param { slice_point: 1 } }
layer { name: "silence" type: "Silence" bottom: "rest" }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
        num_output: 8 kernel_size: 5 stride: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" inner_product_param {
        num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "kind" top: "loss" }
"""

_COMMAND = "import sys; from caffe_multilabel.cli.main import main; sys.exit(main(sys.argv[1:]))"


def main() -> None:
    """Train, kill, compare, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--work", type=Path, default=Path("build/kills"), help="emptied first")
    options = parser.parse_args()
    folder = options.work.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    _prepare(folder)
    begin = time.monotonic()
    _train(folder).wait()
    took = time.monotonic() - begin
    whole = _snapshots(folder)
    if len(whole) != 3 * 120:
        raise SystemExit(f"the unbroken training left {len(whole)} files")
    _empty(folder)
    kills, trainings = 0, 1
    moments = random.Random(options.seed)
    print(f"unbroken: {took:.1f} s, {len(whole)} files", flush=True)
    while kills < options.kills:
        command = _train(folder)
        try:
            code = command.wait(moments.uniform(0.1, 0.6) * took)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
            code = 0
            found = _compare(folder, whole)
            if found != set(whole):
                kills += 1
                newest = max((_iteration(name) for name in found), default=0)
                print(f"kill {kills}: {len(found)} files, newest of iteration {newest}", flush=True)
                continue
        _end(folder, whole, code)
        _empty(folder)
        trainings += 1
    _end(folder, whole, _train(folder).wait())
    print(
        f"{kills} kills in {trainings} trainings: every snapshot on the disk was whole and had the "
        "bytes of the unbroken training, and so had all those of each training that ended"
    )


def _iteration(name: str) -> int:
    return int(name.partition("_iter_")[2].partition(".")[0])


def _prepare(folder: Path) -> None:
    draw_sample(folder / "sample", 300)
    (folder / "state").mkdir()
    convert(
        folder / "sample" / "train.txt",
        root=folder / "sample",
        images=folder / "images",
        labels=folder / "labels",
        tasks=folder / "sample" / "tasks.yaml",
        resize=(32, 32),
    )
    data = [_DATA.format(phase=phase, batch=b) for phase, b in (("TRAIN", 16), ("TEST", 7))]
    (folder / "net.prototxt").write_text("".join(data) + _NET)
    (folder / "solver.prototxt").write_text(_SOLVER)


def _train(folder: Path) -> subprocess.Popen[bytes]:
    """Begin a training, or go on with it."""
    more = ["--snapshot=latest"] if list((folder / "state").glob("*.solverstate")) else []
    arguments = ["train", "solver.prototxt", "--quiet", "--nolint", *more]
    return subprocess.Popen([sys.executable, "-c", _COMMAND, *arguments], cwd=folder)


def _snapshots(folder: Path) -> dict[str, bytes]:
    """Return the files of snapshots; those whose names begin with a dot were being written."""
    paths = (folder / "state").glob("k_iter_*")
    return {path.name: path.read_bytes() for path in paths}


def _compare(folder: Path, whole: dict[str, bytes]) -> set[str]:
    found = _snapshots(folder)
    wrong = [name for name, content in found.items() if content != whole[name]]
    # A state is gone on from with the weights and the data beside it.
    states = [name for name in found if name.endswith(".solverstate")]
    beside = {f"{name}.data.json" for name in states}
    beside |= {name.replace(".solverstate", ".caffemodel") for name in states}
    if wrong or beside - set(found):
        raise SystemExit(
            f"not as in the unbroken training: {wrong}; missing: {beside - set(found)}"
        )
    return set(found)


def _end(folder: Path, whole: dict[str, bytes], code: int) -> None:
    if code != 0 or _compare(folder, whole) != set(whole):
        raise SystemExit(f"a training ended with exit code {code}, or without some of its files")


def _empty(folder: Path) -> None:
    shutil.rmtree(folder / "state")
    (folder / "state").mkdir()


if __name__ == "__main__":
    main()
