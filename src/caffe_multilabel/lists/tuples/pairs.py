"""Pairs of images, of one identity and of two."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.errors import OptionError
from caffe_multilabel.lists.table import Column
from caffe_multilabel.lists.tuples.candidates import Candidates
from caffe_multilabel.lists.tuples.chosen import Possible, negatives_for
from caffe_multilabel.lists.tuples.draws import Draws, dealt, place_in_block
from caffe_multilabel.lists.tuples.model import ImageTuples
from caffe_multilabel.lists.tuples.names import SAME_NAME
from caffe_multilabel.lists.tuples.negatives import Negatives
from caffe_multilabel.lists.tuples.told import identities, shares_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.lists.table import ImageTable

__all__ = ["make_pairs"]


def make_pairs(
    table: ImageTable,
    count: int,
    *,
    identity: str,
    same_share: float | str | Fraction = 0.5,
    hard: str | None = None,
    easy: str | None = None,
    seed: int = 0,
) -> ImageTuples:
    """Make pairs of images of one identity, and of two.

    No pair is there twice, in either order, and no image with itself. Among the pairs of one
    identity, and among those of two, each identity is about equally often, as far as its images
    allow. Images whose identity is unknown are in no pair. They come in random order.

    Args:
        table: the images.
        count: how many pairs.
        identity: the column that says who or what is on an image, by name or number from 0.
        same_share: the share of pairs of one identity; 1 makes only these, 0 none.
        hard: a column; the images of pairs of two identities share its text, as the same make.
        easy: a column; they differ in its text. An image whose text is unknown is in no such pair.
        seed: 0 or more; the same seed gives the same pairs on every machine.

    Returns:
        Records of two images with the column `same`, 1 or 0.

    Raises:
        OptionError: there is no such column, or there cannot be as many pairs.
        ListError: an image has two identities.

    Example:
        >>> from caffe_multilabel import make_pairs, read_table, write_list
        >>> pairs = make_pairs(read_table("train.csv"), 100, identity="kind", same_share=0.4)
        >>> pairs.columns[0].counts.tolist(), pairs.columns[0].values
        ([60, 40], ['0', '1'])
        >>> write_list(pairs, "pairs.csv")
        >>> from pathlib import Path
        >>> Path("pairs.csv").read_text().splitlines()[0][:34]
        'path_1,path_2,kind_1,kind_2,color_'
    """
    count = whole_number("count", count, 1)
    share = _share(same_share)
    draws = Draws(whole_number("seed", seed, 0))
    candidates = Candidates.of(table, identity)
    negatives = Negatives.of(candidates, hard, easy)
    wanted = round(count * share)
    sizes = candidates.sizes
    most_same = int((sizes * (sizes - 1) // 2).sum())
    most_other = int(negatives.counts.sum()) // 2
    _check_counts(candidates, negatives, count, share, (most_same, most_other))
    same = _of_one(candidates, wanted, draws)
    other = _of_two(candidates, negatives, count - wanted, draws)
    pairs = np.concatenate([same, other])
    codes = np.repeat(np.array([1, 0], np.int32), [len(same), len(other)])
    order = draws.order(count)
    pairs, codes = pairs[order], codes[order]
    turned = draws.words(count) >> np.uint64(63) == 1
    pairs[turned] = pairs[turned, ::-1]
    notes = list(candidates.notes)
    warning = ""
    alone = int((sizes == 1).sum())
    if wanted and alone:
        notes.append(
            f"{identities(alone)} of {len(sizes)} with one image: in no pair of one identity"
        )
    if count > wanted:
        warning = negatives.warning(candidates, np.ones(len(candidates), np.bool_))
    for kind, chosen in (("one identity", same), ("two identities", other)):
        if len(chosen):
            owners = candidates.identity[chosen if kind != "one identity" else chosen[:, :1]]
            notes.append(f"{plural(len(chosen), 'pair')} of {kind}: {shares_of(owners)}")
    return ImageTuples(
        table,
        candidates.rows[pairs],
        (Column(SAME_NAME, ["0", "1"], codes),),
        tuple(notes),
        (warning,) if warning else (),
    )


def _share(same_share: float | str | Fraction) -> Fraction:
    try:
        share = Fraction(str(same_share))
    except (ValueError, ArithmeticError):
        share = Fraction(-1)
    if not 0 <= share <= 1:
        raise OptionError(f"same_share is {shown(same_share)}, must be a share from 0 to 1")
    return share


def _check_counts(
    candidates: Candidates, negatives: Negatives, count: int, share: Fraction, most: tuple[int, int]
) -> None:
    """See that there can be as many pairs of one identity and of two.

    Raises:
        OptionError: there cannot.
    """
    same = round(count * share)
    kinds = ("of one identity", f"with a {negatives.told}")
    wanted, shares = (same, count - same), (share, 1 - share)
    for kind, number, there in zip(kinds, wanted, most, strict=True):
        if number > there:
            fewer = min(int(n / part) for n, part in zip(most, shares, strict=True) if part)
            raise OptionError(
                f"{plural(number, 'pair')} {kind} {'is' if number == 1 else 'are'} wanted, and "
                f"{candidates.table.source} has {there}: {candidates.told}; with same_share "
                f"{float(share):g} there can be {plural(fewer, 'pair')}"
            )


def _of_one(candidates: Candidates, count: int, draws: Draws) -> NDArray[np.int64]:
    """Return int64 (count, 2), images of one identity."""
    sizes = candidates.sizes
    order = draws.order_by(candidates.identity)
    most = sizes * (sizes - 1) // 2
    shares = draws.evenly(count, most)
    owners = np.repeat(np.arange(len(sizes)), shares)
    numbers = draws.permutation().of(place_in_block(shares), most[owners], owners)
    # Pair n of a block is (first, second), n = second (second - 1) / 2 + first, first < second.
    second = ((1 + np.sqrt(1 + 8 * numbers.astype(np.float64))) / 2).astype(np.int64)
    second -= second * (second - 1) // 2 > numbers
    second += (second + 1) * second // 2 <= numbers
    first = numbers - second * (second - 1) // 2
    found: NDArray[np.int64] = order[
        np.stack([first, second], axis=1) + candidates.starts[owners, np.newaxis]
    ]
    return found


def _of_two(
    candidates: Candidates, negatives: Negatives, count: int, draws: Draws
) -> NDArray[np.int64]:
    """Return int64 (count, 2), images of two identities."""
    if not count:
        return np.empty((0, 2), np.int64)
    usable = negatives.counts > 0
    identity = candidates.identity
    order = draws.order_by(identity, ~usable)
    many = len(candidates.sizes)
    most = np.bincount(identity, negatives.counts, many).astype(np.int64)
    shares = draws.evenly(count, most)
    anchors = order[dealt(shares, candidates.starts, np.bincount(identity[usable], minlength=many))]
    possible = Possible(
        negatives, np.ones(len(candidates), np.int64), lambda anchor, _: anchor, either_way=True
    )
    return negatives_for(anchors, anchors, possible, draws)[:, ::2]
