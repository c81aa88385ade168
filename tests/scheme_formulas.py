"""The losses and scores of the recipes as formulas in numpy, and their gradients by differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


def differences(
    loss: Callable[[NDArray[np.float64]], float], at: NDArray[np.float64], step: float = 3e-6
) -> NDArray[np.float64]:
    """The gradient of a loss by central differences."""
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        move = np.zeros_like(at)
        move[index] = step
        gradient[index] = (loss(at + move) - loss(at - move)) / (2 * step)
    return gradient


def smooth_l1(apart: NDArray[np.float64], sigma: float = 1.0) -> NDArray[np.float64]:
    size, square = np.abs(apart), sigma**2
    return np.where(size < 1 / square, square * apart**2 / 2, size - 0.5 / square)


def cross_entropy(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """-t log(p) - (1 - t) log(1 - p), p the sigmoid."""
    return labels * np.logaddexp(0, -scores) + (1 - labels) * np.logaddexp(0, scores)


def focal(
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    gamma: float,
    alpha: float | None = None,
) -> NDArray[np.float64]:
    log_true = -cross_entropy(scores, labels)
    share = 1.0 if alpha is None else np.where(labels == 1, alpha, 1 - alpha)
    return -share * (-np.expm1(log_true)) ** gamma * log_true


def log_softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = scores - scores.max(axis=1, keepdims=True)
    return moved - np.log(np.exp(moved).sum(axis=1, keepdims=True))


def unit(features: NDArray[np.float64], shift: float) -> NDArray[np.float64]:
    return features / np.sqrt((features**2).sum(axis=1, keepdims=True) + shift)


def apart(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances of records."""
    return ((first - second) ** 2).sum(axis=-1)


def triplet(
    anchor: NDArray[np.float64],
    positive: NDArray[np.float64],
    negative: NDArray[np.float64],
    margin: float | NDArray[np.float64],
) -> float:
    hinges = np.maximum(0, apart(anchor, positive) - apart(anchor, negative) + margin)
    return float(hinges.mean())


def batch_hard(features: NDArray[np.float64], identities: Sequence[int], margin: float) -> float:
    """Record by record, as the paper says it."""
    losses = []
    for one, who in zip(features, identities, strict=True):
        like = [
            d for d, other in zip(apart(one, features), identities, strict=True) if other == who
        ]
        unlike = [
            d for d, other in zip(apart(one, features), identities, strict=True) if other != who
        ]
        losses.append(max(0.0, margin + max(like) - min(unlike)) if unlike else 0.0)
    return float(np.mean(losses))


def contrastive(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    same: NDArray[np.float64],
    margin: float,
) -> float:
    square = apart(first, second)
    gap = np.maximum(0, margin - np.sqrt(square))
    return float((same * square + (1 - same) * gap**2).sum() / 2 / len(same))


def known_mean(values: NDArray[np.float64], mask: NDArray[np.float64], each: int = 1) -> float:
    """The sum over what is known, divided by its count or by 1."""
    wide = np.repeat(mask, each, axis=1)
    return float((values * wide).sum() / max(1.0, wide.sum()))


def normalised_error(
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    left: Sequence[int],
    right: Sequence[int],
) -> NDArray[np.float64]:
    """The error of each point over the distance of two places of the record, N x P."""
    truth = labels.reshape(len(labels), -1, 2)
    found = scores.reshape(truth.shape)
    span = truth[:, list(left)].mean(axis=1) - truth[:, list(right)].mean(axis=1)
    return np.hypot(*np.moveaxis(found - truth, 2, 0)) / np.hypot(*span.T)[:, None]
