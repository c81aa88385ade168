"""What signals ask a training for."""

from __future__ import annotations

import signal

import pytest

from caffe_multilabel.engine.training.requests import MOMENT, Requests

pytestmark = pytest.mark.torch


def test_a_sigint_that_is_sent_twice_ends_it_after_a_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As `timeout` does, to the command and to its group; the user's second comes later."""
    clock = iter([100.0, 100.0 + MOMENT / 2, 100.0 + 2 * MOMENT])
    monkeypatch.setattr("caffe_multilabel.engine.training.requests.monotonic", clock.__next__)
    requests = Requests()
    with requests.heard():
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
        assert (requests.next(), requests.next()) == ("stop", None)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
