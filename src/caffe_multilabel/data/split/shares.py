"""The shares of a list that its parts get, as exact numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import OptionError

__all__ = ["exact_shares"]

_MOST_DIGITS = 100
"""Before or behind the point; a share of a list has far fewer."""


def exact_shares(val: float | str | Fraction, test: float | str | Fraction = 0) -> list[Fraction]:
    """Return the shares of train, val and, if there is one, test.

    Raises:
        OptionError: one is no share, or nothing is left to train with.

    Example:
        >>> [str(share) for share in exact_shares("0.1")]
        ['9/10', '1/10']
    """
    shares = []
    for name, share in (("val", val), ("test", test)):
        try:
            shares.append(_exact(str(share)))
        except (ValueError, ArithmeticError):
            raise OptionError(f"{name} is {shown(share)}, must be a share such as 0.1") from None
    val_share, test_share = shares
    train_share = 1 - val_share - test_share
    if val_share <= 0 or test_share < 0 or train_share <= 0:
        raise OptionError(
            f"val is {shown(val)} and test {shown(test)}; val must be more than 0, test 0 or more, "
            "and something must be left to train with"
        )
    return [train_share, val_share, test_share][: 2 + (test_share > 0)]


def _exact(share: str) -> Fraction:
    """Return the number in a text, without the time that a `Fraction` of 1e999999999 takes.

    Raises:
        ValueError: there is none, or it has too many digits.
        ArithmeticError: likewise.
    """
    if "/" not in share and abs(Decimal(share).adjusted()) > _MOST_DIGITS:
        raise ValueError
    return Fraction(share)
