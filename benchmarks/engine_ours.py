"""Runs a net of the engine forward and backward, and prints seconds as JSON."""

from __future__ import annotations

import argparse
import json
import time

import torch

from caffe_multilabel.engine import Net


def main() -> None:
    """Time the iterations after the first one, as `caffe time` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("net")
    parser.add_argument("threads", type=int)
    parser.add_argument("iterations", type=int)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    net = Net(options.net, phase="TRAIN", device=options.device, seed=1)
    passes = {"forward": net.forward, "backward": net.backward}
    seconds = dict.fromkeys(passes, 0.0)
    for iteration in range(options.iterations + 1):
        for name, run in passes.items():
            start = time.perf_counter()
            run()
            if options.device != "cpu":
                torch.cuda.synchronize()
            seconds[name] += (time.perf_counter() - start) * (iteration > 0)
    report = {name: spent / options.iterations for name, spent in seconds.items()}
    print(json.dumps({"seconds": sum(report.values())} | report))


if __name__ == "__main__":
    main()
