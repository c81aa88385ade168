"""Kills a training at random moments, and proves that nothing is lost by it.

    python benchmarks/kills.py [--kills 30] [--seed 1] [--work DIR]

A net with crops, mirrors and dropout is trained once without a break, through `caffe-multilabel
train`. Then the same training is killed (SIGKILL) at moments drawn at random, and gone on with from
its newest snapshot each time. It writes over the snapshots of another training, with another seed.
After each kill every snapshot on the disk must have the bytes that it has in the unbroken training,
or in the other one, and its three files must be of one of the two; in the end all of the unbroken
one must be there. A training that has all of them begins anew, and kills that come after its end
count for none.
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
    other = _unbroken(folder, _SOLVER.replace("random_seed: 4", "random_seed: 5"))
    begin = time.monotonic()
    whole = _unbroken(folder, _SOLVER)
    took = time.monotonic() - begin
    _fill(folder, other)
    kills, trainings = 0, 1
    moments = random.Random(options.seed)
    print(f"unbroken: {took:.1f} s, {len(whole)} files", flush=True)
    while kills < options.kills:
        command = _train(folder, whole)
        try:
            code = command.wait(moments.uniform(0.1, 0.6) * took)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
            code = 0
            found = _compare(folder, whole, other)
            if found != set(whole):
                kills += 1
                newest = max((_iteration(name) for name in found), default=0)
                print(f"kill {kills}: {len(found)} files, newest of iteration {newest}", flush=True)
                continue
        _end(folder, whole, code)
        _fill(folder, other)
        trainings += 1
    _end(folder, whole, _train(folder, whole).wait())
    print(
        f"{kills} kills in {trainings} trainings: every snapshot on the disk was whole and had the "
        "bytes of one unbroken training, and so had all those of each training that ended"
    )


def _unbroken(folder: Path, solver: str) -> dict[str, bytes]:
    """Train from the first iteration to the last, and return the snapshots."""
    (folder / "solver.prototxt").write_text(solver)
    _fill(folder, {})
    _train(folder, {}).wait()
    whole = _snapshots(folder)
    if len(whole) != 3 * 120:
        raise SystemExit(f"the unbroken training left {len(whole)} files")
    return whole


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


def _train(folder: Path, whole: dict[str, bytes]) -> subprocess.Popen[bytes]:
    """Begin a training, or go on with it where it has left a state of its own."""
    own = [name for name, content in _snapshots(folder).items() if whole.get(name) == content]
    more = ["--snapshot=latest"] if any(name.endswith(".solverstate") for name in own) else []
    arguments = ["train", "solver.prototxt", "--quiet", "--nolint", *more]
    return subprocess.Popen([sys.executable, "-c", _COMMAND, *arguments], cwd=folder)


def _snapshots(folder: Path) -> dict[str, bytes]:
    """Return the files of snapshots; those whose names begin with a dot were being written."""
    paths = (folder / "state").glob("k_iter_*")
    return {path.name: path.read_bytes() for path in paths}


def _compare(folder: Path, whole: dict[str, bytes], other: dict[str, bytes]) -> set[str]:
    """See that each file is of one of two trainings; return those of the first."""
    found = _snapshots(folder)
    wrong = [name for name, content in found.items() if content not in (whole[name], other[name])]
    for name in found:
        if not name.endswith(".solverstate"):
            continue
        # A state is gone on from with the weights and the data beside it.
        training = whole if found[name] == whole[name] else other
        beside = (f"{name}.data.json", name.replace(".solverstate", ".caffemodel"))
        wrong += [each for each in beside if found.get(each) != training[each]]
    if wrong:
        raise SystemExit(f"missing, or not as in the unbroken training: {', '.join(wrong)}")
    return {name for name in found if found[name] == whole[name]}


def _end(folder: Path, whole: dict[str, bytes], code: int) -> None:
    if code != 0 or _snapshots(folder) != whole:
        raise SystemExit(f"a training ended with exit code {code}, or without some of its files")


def _fill(folder: Path, files: dict[str, bytes]) -> None:
    """Have these snapshots there, and no others."""
    shutil.rmtree(folder / "state")
    (folder / "state").mkdir()
    for name, content in files.items():
        (folder / "state" / name).write_bytes(content)


if __name__ == "__main__":
    main()
