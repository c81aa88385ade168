"""Keywords and attributes that have other names now: the old ones keep working, and warn."""

from __future__ import annotations

import warnings
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["renamed_attribute", "renamed_keywords"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def renamed_keywords(
    **names: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Let a function take arguments by their old names too, with a `DeprecationWarning`.

    Type checkers and `help()` see the new names only.

    Args:
        **names: the new name of each old one.

    Example:
        >>> import warnings
        >>> @renamed_keywords(db="labels")
        ... def count(labels):
        ...     return len(labels)
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     number = count(db="abc")
        >>> number, str(caught[0].message)
        (3, "count: 'db' is now 'labels'")
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(function)
        def renamed(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Result:
            for old in names.keys() & keywords.keys():
                new, name = names[old], function.__name__
                warnings.warn(f"{name}: '{old}' is now '{new}'", DeprecationWarning, stacklevel=2)
                if new in keywords:
                    raise TypeError(f"{name}() got '{new}', and '{old}', its old name, as well")
                keywords[new] = keywords.pop(old)
            return function(*arguments, **keywords)

        return renamed

    return decorate


def renamed_attribute(old: str, new: str) -> Any:
    """Return a property that gives another attribute, with a `DeprecationWarning`.

    The reference leaves it out.

    Args:
        old: the name that the property is bound to.
        new: the attribute's name now.
    """

    def get(owner: object) -> Any:
        kind = type(owner).__name__
        warnings.warn(f"{kind}.{old} is now {kind}.{new}", DeprecationWarning, stacklevel=2)
        return getattr(owner, new)

    return property(get, doc=f"Old name of `{new}`.\n\n:meta private:")
