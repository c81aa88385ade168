"""Nets, solvers and blobs can be pickled, in whatever schema they are."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from caffe_multilabel.caffe.proto import ProtoSchema, parse_text, schema, to_text
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import load_tasks

NET = 'name: "a" layer { name: "c" type: "Convolution" convolution_param { num_output: 3 } }'
FORK = 'layer { name: "priors" type: "PriorBox" prior_box_param { min_size: 30 } }'

# What another process, which has seen none of it, makes of a pickle.
READ = """
import pickle, sys
from caffe_multilabel.caffe.proto import to_text
sys.stdout.write(to_text(pickle.load(sys.stdin.buffer)))
"""


def text_elsewhere(pickled: bytes) -> str:
    done = subprocess.run(
        [sys.executable, "-c", READ], input=pickled, capture_output=True, check=True, timeout=120
    )
    return done.stdout.decode()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_net_and_its_parts(protocol: int) -> None:
    net = parse_text(NET, "NetParameter")
    for message in (net, net.layer[0], net.layer[0].convolution_param):
        again = pickle.loads(pickle.dumps(message, protocol))
        assert type(again) is type(message)
        assert again == message
    assert pickle.loads(pickle.dumps(schema(), protocol)) is schema()
    assert text_elsewhere(pickle.dumps(net, protocol)) == to_text(net)


def test_what_the_generator_makes() -> None:
    tasks = load_tasks(
        {
            "backbone": "lenet",
            "data": {"shape": [3, 32, 32], "train": {"images": "i", "labels": "l"}},
            "tasks": [{"name": "a", "loss": "softmax", "classes": 2}],
        }
    )
    net = generate(tasks)
    again = pickle.loads(pickle.dumps(net))
    assert again == net
    assert again.files("net") == net.files("net")


@pytest.mark.protoc
def test_a_net_of_a_fork_takes_its_schema_along(tmp_path: Path) -> None:
    ours = (Path(__file__).parents[1] / "proto" / "caffe.proto").read_text()
    message = "message LayerParameter {\n"
    path = tmp_path / "fork.proto"
    path.write_text(
        ours.replace(
            message,
            "message PriorBoxParameter { repeated float min_size = 1; }\n"
            f"{message}  optional PriorBoxParameter prior_box_param = 203;\n",
        )
    )
    fork = ProtoSchema.load(path)
    nets = [parse_text(FORK, "NetParameter", proto=fork) for _ in range(2)]
    assert pickle.loads(pickle.dumps(nets)) == nets
    pickled = pickle.dumps(nets[0])
    path.unlink()
    assert text_elsewhere(pickled) == to_text(nets[0])
