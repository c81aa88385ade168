"""What the core tells of its work, with exact types; all keys are always there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ConvertResult", "ManifestResult", "RelabelResult", "VerifyResult"]


class ConvertResult(TypedDict):
    """What `_core.convert` returns; see `caffe_multilabel.ConvertReport`."""

    total: int
    converted: int
    rejected: int
    passed_through: int
    reencoded: int
    without_end_marker: int
    from_floats: int
    other_sizes: int
    resumed_at: int
    already_complete: bool
    image_bytes: int
    label_bytes: int
    seconds: float
    rejects_path: bytes  # empty where there is no such file


class ManifestResult(TypedDict):
    """What `_core.read_manifest` returns; see `caffe_multilabel.data.manifest.Manifest`."""

    format: int
    role: str
    records: int
    rejected: int
    images_per_record: int
    ramps: bool
    canary: bool
    label_count: int
    label_names: tuple[str, ...]
    label_schema: str  # JSON
    image_digest: str
    label_digest: str
    relabelled: bool


class RelabelResult(TypedDict):
    """What `_core.relabel` returns; see `caffe_multilabel.RelabelReport`."""

    records: int
    changed_records: int
    old_label_count: int
    label_shape: tuple[int, int, int]
    changed_columns: Sequence[int]  # records that changed, for each column
    changed_groups: Sequence[int]  # likewise for each of `groups`
    extra_lines: int
    lines_by: Literal["path", "number", "order"]
    counts_from_one: bool
    image_manifest_written: bool


class VerifyResult(TypedDict):
    """What `_core.verify` returns; see `caffe_multilabel.VerifyReport`."""

    images: int
    labels: int
    encoded: int
    compared: int
    label_shape: tuple[int, int, int]
    paths_in_keys: bool
    paired_by: Literal["path", "number", "name", "order"]
    unproven: int
    digests_checked: bool
    problem_count: int
    problems: Sequence[tuple[str, bytes, bytes]]  # kind, key and message
    warnings: Sequence[tuple[str, bytes, bytes]]
    seconds: float
