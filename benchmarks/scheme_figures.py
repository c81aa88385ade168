"""What a trained scheme is judged by: figures of its net over the whole DB of TEST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from caffe_multilabel.engine import Solver

    Blobs = dict[str, npt.NDArray[np.float64]]
    Figures = dict[str, float]
    Measure = Callable[[Solver], Figures]


def collected(solver: Solver, *names: str) -> Blobs:
    """Run the test net over its DB once; return blobs, the batches one behind the other."""
    solver.test()  # the test net shares the weights from its first test on, as in Caffe
    net = solver.test_nets[0]
    batches: dict[str, list[npt.NDArray[np.float64]]] = {name: [] for name in names}
    for _ in range(solver.settings.test_iter[0]):
        net.forward()
        for name in names:
            batches[name].append(np.asarray(net.blobs[name].data, np.float64).copy())
    return {name: np.concatenate(parts) for name, parts in batches.items()}


def outputs(*names: str) -> Measure:
    """Figures that the net prints itself in TEST."""

    def measure(solver: Solver) -> Figures:
        scores = {score.output: score.value for score in solver.test()}
        return {name: scores[name] for name in names if name in scores}

    return measure


def rare_yesses(solver: Solver) -> Figures:
    """The accuracies of yesses and of noes of `sign`, and their mean."""
    blobs = collected(solver, "fc_sign", "label")
    said, true = blobs["fc_sign"].ravel() > 0, blobs["label"].ravel() > 0
    yesses, noes = float(said[true].mean()), float(1 - said[~true].mean())
    return {"accuracy of yesses": yesses, "of noes": noes, "mean of both": (yesses + noes) / 2}


def classes(solver: Solver) -> Figures:
    """How many of the rare class are found, and how far the other task believes itself too much."""
    blobs = collected(solver, "fc_sign", "fc_kind", "label_sign", "label_kind")
    best = {name: blobs[f"fc_{name}"].argmax(axis=1) for name in ("sign", "kind")}
    true = {name: blobs[f"label_{name}"].ravel() for name in ("sign", "kind")}
    rare = true["sign"] == 1
    found = [float((best["sign"] == true["sign"])[part].mean()) for part in (rare, ~rare)]
    scores = np.exp(blobs["fc_kind"] - blobs["fc_kind"].max(axis=1, keepdims=True))
    sure = float((scores / scores.sum(axis=1, keepdims=True)).max(axis=1).mean())
    right = float((best["kind"] == true["kind"]).mean())
    return {
        "mean accuracy of the two classes of sign": sum(found) / 2,
        "accuracy of kind": right,
        "probability of the best kind, above accuracy": sure - right,
    }


def pairs(solver: Solver) -> Figures:
    """The share of pairs that the best threshold of the distance tells wrong."""
    blobs = collected(solver, "image1_verify", "image2_verify", "same_verify")
    distances = np.linalg.norm(blobs["image1_verify"] - blobs["image2_verify"], axis=1)
    same = blobs["same_verify"].ravel()[np.argsort(distances)] == 1
    taken = np.concatenate([[0], np.cumsum(np.where(same, -1, 1))])
    return {"pairs told wrong": float((same.sum() + taken).min() / len(same))}


def triplets(solver: Solver) -> Figures:
    """The share of triplets whose negative is nearer than the positive."""
    blobs = collected(solver, "distance_positive_near", "distance_negative_near")
    positive, negative = (blobs[f"distance_{sign}_near"] for sign in ("positive", "negative"))
    return {"triplets in the wrong order": float((positive >= negative).mean())}


def neighbours(solver: Solver) -> Figures:
    """Of all triplets that the DB of TEST has, the share in the wrong order."""
    blobs = collected(solver, "unit_near", "label")
    return {"triplets in the wrong order": _wrong_order(blobs["unit_near"], blobs["label"])}


def centered(solver: Solver) -> Figures:
    """The same, and how much of the variance of features lies within the classes."""
    blobs = collected(solver, "fc1_looks", "label")
    features, label = blobs["fc1_looks"], blobs["label"].ravel()
    within = [features[label == each] for each in np.unique(label)]
    left = sum(((each - each.mean(axis=0)) ** 2).sum() for each in within)
    return {
        "triplets in the wrong order": _wrong_order(features, label),
        "variance within classes": float(left / ((features - features.mean(axis=0)) ** 2).sum()),
    }


def _wrong_order(features: npt.NDArray[np.float64], label: npt.NDArray[np.float64]) -> float:
    identity, wrong = label.ravel(), []
    for index, feature in enumerate(features):
        distances = np.square(features - feature).sum(axis=1)
        same = identity == identity[index]
        negatives = np.sort(distances[~same])
        same[index] = False
        nearer = np.searchsorted(negatives, distances[same], side="right")
        wrong.append(nearer.mean() / len(negatives))
    return float(np.mean(wrong))


def printed_scores(solver: Solver) -> Figures:
    """How far what the net prints is from the same figure of its blobs in numpy."""
    blobs = collected(solver, "ends", "label", "fc_flags")
    flags, points = blobs["label"].reshape(-1, 6)[:, :2], blobs["label"].reshape(-1, 6)[:, 2:]
    off = blobs["ends"] - points
    span = np.linalg.norm(points[:, :2] - points[:, 2:], axis=1)
    distances = np.linalg.norm(off.reshape(-1, 2, 2), axis=2)
    own = {
        "accuracy_flags": ((blobs["fc_flags"] > 0) == (flags > 0)).mean(),
        "error_ends": np.abs(off).mean(),
        "nme_ends": (distances / span[:, None]).mean(),
    }
    found = outputs(*own)(solver)
    return {
        "largest difference to numpy, relative": max(
            float(abs(found[name] - wanted) / wanted) for name, wanted in own.items()
        )
    }
