"""The pair in PyTorch's DataLoader: workers of both kinds, shuffling, seeds, the example."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from caffe_multilabel import DatabaseError, OptionError, convert, draw_sample
from caffe_multilabel.caffe.proto.blobs import write_mean
from caffe_multilabel.reader import MultilabelDataset
from image_tools import draw
from reader_tools import labels, raw, write_db

try:
    import torch
except ModuleNotFoundError:
    torch = None

pytestmark = [
    pytest.mark.torch,
    # Newer Pythons warn of every fork beside other threads; PyTorch forks its workers.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

COUNT = 30
EXAMPLE = Path(__file__).parents[1] / "examples" / "train_torch.py"
WORKERS = [(0, None), (2, "fork"), (2, "spawn")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pair")
    write_db(made / "images", [raw(draw(at, 9, 11).transpose(2, 0, 1)) for at in range(COUNT)])
    write_db(made / "labels", [labels(at, at / 2, -at) for at in range(COUNT)])
    (made / "tasks.yaml").write_text(
        f"tasks: [{{name: number, loss: softmax, classes: {COUNT}}},"
        " {name: both, loss: euclidean, dim: 2}]"
    )
    return made


def loader(dataset: Any, workers: tuple[int, str | None] = (0, None), **options: Any) -> Any:
    count, context = workers
    return torch.utils.data.DataLoader(
        dataset, num_workers=count, multiprocessing_context=context, **options
    )


def pair(folder: Path, *, tasks: bool = True) -> MultilabelDataset:
    path = folder / "tasks.yaml" if tasks else None
    return MultilabelDataset(folder / "images", folder / "labels", tasks=path)


@pytest.mark.parametrize("workers", WORKERS)
def test_every_record_once(folder: Path, workers: tuple[int, str | None]) -> None:
    from caffe_multilabel.reader.torch import TorchDataset  # noqa: PLC0415  (needs torch)

    data = pair(folder)
    [(wanted, _)] = data.batches(COUNT, crop_size=8, mean_value=(1, 2, 3), scale=0.5)
    dataset = TorchDataset(data, crop_size=8, mean_value=(1, 2, 3), scale=0.5)
    found = []
    for images, by_task in loader(dataset, workers, batch_size=7, shuffle=True):
        assert (images.dtype, images.shape[1:]) == (torch.float32, (3, 8, 8))
        assert (by_task["number"].dtype, by_task["both"].dtype) == (torch.int64, torch.float32)
        np.testing.assert_array_equal(images.numpy(), wanted[by_task["number"].numpy()])
        np.testing.assert_array_equal(by_task["both"][:, 1], -by_task["number"])
        found += by_task["number"].tolist()
    assert sorted(found) == list(range(COUNT))
    assert found != sorted(found)


@pytest.mark.parametrize("workers", WORKERS)
def test_a_reader_dataset_goes_into_a_loader_itself(
    folder: Path, workers: tuple[int, str | None]
) -> None:
    data = pair(folder)[10:20]
    _ = data[0]
    images, by_task = next(iter(loader(data, workers, batch_size=10)))
    assert images.dtype == torch.uint8
    np.testing.assert_array_equal(images[3].numpy().transpose(1, 2, 0), draw(13, 9, 11))
    assert by_task["number"].tolist() == list(range(10, 20))


def test_without_tasks(folder: Path) -> None:
    from caffe_multilabel.reader.torch import TorchDataset  # noqa: PLC0415  (needs torch)

    dataset = TorchDataset(pair(folder, tasks=False))
    image, row = dataset[-1]
    assert (image.shape, row.tolist()) == ((3, 9, 11), [29, 14.5, -29])
    assert len(dataset) == COUNT
    assert dataset.__getitems__([]) == []
    with pytest.raises(IndexError):
        _ = dataset[COUNT]


def test_torch_decides_the_crops(folder: Path) -> None:
    from caffe_multilabel.reader.torch import TorchDataset  # noqa: PLC0415  (needs torch)

    dataset = TorchDataset(pair(folder), phase="TRAIN", crop_size=4, mirror=True)

    def epoch(workers: tuple[int, str | None] = (0, None)) -> bytes:
        batches = [images.numpy() for images, _ in loader(dataset, workers, batch_size=15)]
        return np.concatenate(batches).tobytes()

    torch.manual_seed(5)
    first, second = epoch(), epoch((2, "fork"))
    torch.manual_seed(5)
    assert (epoch(), epoch((2, "fork"))) == (first, second)
    assert len({first, second, epoch(), epoch((2, "fork"))}) == 4
    state = torch.get_rng_state()
    _ = TorchDataset(pair(folder), crop_size=4)[0]
    assert torch.equal(torch.get_rng_state(), state)


def test_a_mean_file_is_read_once(folder: Path, tmp_path: Path) -> None:
    from caffe_multilabel.reader.torch import TorchDataset  # noqa: PLC0415  (needs torch)

    write_mean(tmp_path / "mean", np.full((3, 9, 11), 2))
    dataset = TorchDataset(pair(folder), mean_file=tmp_path / "mean")
    (tmp_path / "mean").unlink()
    assert dataset[4][0][0, 0, 0] == draw(4, 9, 11)[0, 0, 0] - 2.0


def test_errors_come_out_of_workers(folder: Path, tmp_path: Path) -> None:
    from caffe_multilabel.reader.torch import TorchDataset  # noqa: PLC0415  (needs torch)

    with pytest.raises(OptionError, match="crop_size"):
        TorchDataset(pair(folder), crop_size=-1)
    write_db(tmp_path / "labels", [labels(at) if at != 5 else b"\xff" for at in range(COUNT)])
    dataset = TorchDataset(MultilabelDataset(folder / "images", tmp_path / "labels"))
    with pytest.raises(DatabaseError, match="record 5 "):
        list(loader(dataset, (1, "fork"), batch_size=4))


def test_what_is_wrong_is_found_before_a_worker_is(folder: Path) -> None:
    from caffe_multilabel.reader.torch import TorchDataset  # noqa: PLC0415  (needs torch)

    wrong: Any = 123
    with pytest.raises(OptionError, match="data is 123, must be a MultilabelDataset"):
        TorchDataset(wrong)
    keywords: list[dict[str, Any]] = [
        {"phase": np.array(["TRAIN", "TEST"]), "crop_size": 4},
        {"phase": "TRAIN", "crop_size": np.array([4, 4])},
        {"mirror": np.array([True, False])},
    ]
    for each in keywords:
        with pytest.raises(OptionError, match="must be"):
            TorchDataset(pair(folder), **each)


def test_the_example_learns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = draw_sample(tmp_path / "data", 60).directory
    for name in ("train", "val"):
        convert(
            data / f"{name}.txt",
            images=data / f"{name}_images",
            labels=data / f"{name}_labels",
            root=data,
            resize=(64, 64),
        )
    tasks = data / "tasks.yaml"
    said, count = re.subn(r"transform: {.*}", "transform: {defaults: backbone}", tasks.read_text())
    assert count == 1
    tasks.write_text(said)
    monkeypatch.chdir(tmp_path)  # which the example leaves
    options = ["--data", str(data), "--epochs", "4", "--workers", "0"]
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *options])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    losses = [float(line.split()[3]) for line in lines if line.startswith("epoch")]
    assert losses[-1] < losses[0]
    assert [line.split(":")[0] for line in lines[4:]] == [
        "kind",
        "color",
        "filled",
        "size",
        "centre",
    ]
