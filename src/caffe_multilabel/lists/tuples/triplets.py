"""Triplets of images: an anchor, a positive of its identity, and a negative of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.text import plural
from caffe_multilabel.errors import OptionError
from caffe_multilabel.lists.tuples.candidates import Candidates
from caffe_multilabel.lists.tuples.chosen import Possible, negatives_for
from caffe_multilabel.lists.tuples.draws import Draws, place_in_block
from caffe_multilabel.lists.tuples.margins import Margins
from caffe_multilabel.lists.tuples.model import ImageTuples
from caffe_multilabel.lists.tuples.negatives import Negatives
from caffe_multilabel.lists.tuples.told import identities, shares_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from caffe_multilabel.lists.table import Column, ImageTable

__all__ = ["make_triplets"]


def make_triplets(
    table: ImageTable,
    count: int,
    *,
    identity: str,
    hard: str | None = None,
    easy: str | None = None,
    margins: Mapping[str, float | str] | None = None,
    seed: int = 0,
) -> ImageTuples:
    """Make triplets: an anchor, another image of its identity, and one of another identity.

    No triplet is there twice. Each identity is about equally often that of the anchor, and equally
    often that of the negative, as far as its images allow. Images whose identity is unknown are in
    no triplet. They come in random order.

    Args:
        table: the images.
        count: how many triplets.
        identity: the column that says who or what is on an image, by name or number from 0.
        hard: a column; the negative shares the anchor's text in it, as the same make.
        easy: a column; the negative has another text in it. An image whose text is unknown is
            neither an anchor nor a negative.
        margins: the margin of each level, as of makes and models: columns from the coarsest to the
            finest, which is `identity`, and numbers above 0 that fall. A triplet has that of the
            coarsest level on which anchor and negative are known to differ. None makes no such
            column.
        seed: 0 or more; the same seed gives the same triplets on every machine.

    Returns:
        Records of three images, anchor, positive and negative, with the column `margin` where
        margins are asked for.

    Raises:
        OptionError: there is no such column, a margin is none, or there cannot be as many triplets.
        ListError: an image has two identities.

    Example:
        >>> from caffe_multilabel import make_triplets, read_table
        >>> table = read_table("train.csv")
        >>> triplets = make_triplets(table, 100, identity="kind", hard="color")
        >>> kind, color = (column.codes[triplets.rows].T for column in table.columns[:2])
        >>> bool((kind[0] == kind[1]).all()), bool((kind[0] == kind[2]).any())
        (True, False)
        >>> bool((color[0] == color[2]).all())
        True
    """
    count = whole_number("count", count, 1)
    draws = Draws(whole_number("seed", seed, 0))
    candidates = Candidates.of(table, identity)
    levels = None if margins is None else Margins.of(candidates, margins)
    negatives = Negatives.of(candidates, hard, easy)
    partners = candidates.sizes[candidates.identity] - 1
    most = int(sum((partners * negatives.counts).tolist()))
    if count > most:
        alone = identities(int((candidates.sizes == 1).sum()))
        raise OptionError(
            f"{plural(count, 'triplet')} {'is' if count == 1 else 'are'} wanted, and "
            f"{table.source} has {most}: {candidates.told}; {alone} with one image; a triplet "
            f"takes two images of one identity and a {negatives.told}"
        )
    triplets = _drawn(candidates, negatives, count, draws)[draws.order(count)]
    notes = list(candidates.notes)
    alone_count = int((candidates.sizes == 1).sum())
    if alone_count:
        notes.append(
            f"{identities(alone_count)} of {len(candidates.sizes)} with one image: in triplets as "
            "negatives only"
        )
    for role, place in (("anchors", 0), ("negatives", 2)):
        notes.append(f"{role}: {shares_of(candidates.identity[triplets[:, place]])}")
    columns: tuple[Column, ...] = ()
    if levels is not None:
        column, more = levels.column(triplets)
        columns = (column,)
        notes += more
    warning = negatives.warning(candidates, partners > 0)
    return ImageTuples(
        table,
        candidates.rows[triplets],
        columns,
        tuple(notes),
        (warning,) if warning else (),
    )


def _drawn(
    candidates: Candidates, negatives: Negatives, count: int, draws: Draws
) -> NDArray[np.int64]:
    """Return int64 (count, 3): images of anchors, positives and negatives."""
    identity, sizes, starts = candidates.identity, candidates.sizes, candidates.starts
    usable = negatives.counts > 0
    order = draws.order_by(identity, ~usable)
    rank = np.empty(len(order), np.int64)
    rank[order] = place_in_block(sizes)
    many = len(sizes)
    anchors = np.bincount(identity[usable], minlength=many)

    def positive_at(anchor: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
        own = identity[anchor]
        found: NDArray[np.int64] = order[starts[own] + place + (place >= rank[anchor])]
        return found

    most = np.bincount(identity, negatives.counts, many) * (sizes - 1)
    most = np.minimum(most, count).astype(np.int64)
    shares = draws.evenly(count, most)
    owners = np.repeat(np.arange(many), shares)
    links = (anchors * (sizes - 1))[owners]  # anchors with a positive, which come round again
    turns = place_in_block(shares) % links
    numbers = draws.permutation().of(turns, links, owners)
    which, place = np.divmod(numbers, sizes[owners] - 1)
    anchor = order[starts[owners] + which]
    possible = Possible(
        negatives, np.where(usable, sizes[identity] - 1, 0), positive_at, either_way=False
    )
    return negatives_for(anchor, positive_at(anchor, place), possible, draws)
