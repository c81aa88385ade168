"""What Caffe writes to its log where a net says `debug_info: true`: means of absolute values.

From Net::ForwardDebugInfo, BackwardDebugInfo and Backward in net.cpp of BVLC Caffe. Numbers have
six digits, as a C++ stream writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch

    from caffe_multilabel.engine.blob import Blob
    from caffe_multilabel.engine.step import Step

__all__ = ["backward_lines", "forward_lines", "params_line"]


def forward_lines(step: Step) -> Iterator[str]:
    """Tell the data of a layer's tops and weights, once it ran forward."""
    start = f"    [Forward] Layer {step.name},"
    for name, blob in zip(step.top_names, step.tops, strict=True):
        yield f"{start} top blob {name} data: {_mean(blob.data)}"
    for number, blob in enumerate(step.layer.setup.blobs):
        yield f"{start} param blob {_shown(step, number)} data: {_mean(blob.data)}"


def backward_lines(step: Step) -> Iterator[str]:
    """Tell the diffs of a layer's bottoms and weights, once it ran backward."""
    if not step.course.runs:
        return
    start = f"    [Backward] Layer {step.name},"
    names = step.message.bottom
    for name, blob, wanted in zip(names, step.bottoms, step.course.wanted, strict=True):
        if wanted:
            yield f"{start} bottom blob {name} diff: {_mean(blob.diff)}"
    blobs = zip(step.layer.setup.blobs, step.layer.blob_wanted, strict=True)
    for number, (blob, wanted) in enumerate(blobs):
        if wanted:
            yield f"{start} param blob {number} diff: {_mean(blob.diff)}"


def params_line(blobs: Iterable[Blob]) -> str:
    """Tell both norms of all weights and of their diffs, each blob that layers share once."""
    sums = [0.0] * 4
    for blob in blobs:
        for number, values in enumerate((blob.data, blob.diff)):
            sums[number] += float(values.abs().sum())
            sums[2 + number] += float(values.square().sum())
    data, diff, squared_data, squared_diff = sums
    return (
        f"    [Backward] All net params (data, diff): L1 norm = ({data:g}, {diff:g}); "
        f"L2 norm = ({squared_data**0.5:g}, {squared_diff**0.5:g})"
    )


def _shown(step: Step, number: int) -> str:
    """Return the name that a blob of weights has for being shared, or its number."""
    params = step.message.param
    return (params[number].name if number < len(params) else "") or str(number)


def _mean(values: torch.Tensor) -> str:
    return f"{float(values.abs().sum()) / values.numel():g}" if values.numel() else "nan"
