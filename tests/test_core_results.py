"""The core returns what the stub of it promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints

from caffe_multilabel import _core, convert, relabel, verify
from caffe_multilabel._base.core_results import (
    ConvertResult,
    ManifestResult,
    RelabelResult,
    VerifyResult,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from image_tools import ImageFolder

RESULTS = {
    "convert": ConvertResult,
    "read_manifest": ManifestResult,
    "relabel": RelabelResult,
    "verify": VerifyResult,
}
PLAIN = (bool, int, float, str, bytes)


def test_the_core_returns_the_keys_and_types_of_its_stub(
    image_folder: ImageFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, dict[str, Any]] = {}

    def spy(name: str, function: Any) -> Any:
        def call(*arguments: Any, **keywords: Any) -> Any:
            result = function(*arguments, **keywords)
            if result is not None:
                found[name] = dict(result)
            return result

        return call

    for name in RESULTS:
        monkeypatch.setattr(_core, name, spy(name, getattr(_core, name)))
    pair = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    listed = image_folder.write_list(tmp_path / "list.txt")
    convert(listed, root=image_folder.folder, **pair)
    relabel(pair["labels"], listed)
    verify(**pair)
    assert found.keys() == RESULTS.keys()
    for name, result in RESULTS.items():
        hints = get_type_hints(result, localns={"Sequence": list})
        assert found[name].keys() == hints.keys(), name
        for key, kind in hints.items():
            if kind in PLAIN:
                assert type(found[name][key]) is kind, (name, key)
