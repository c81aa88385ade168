"""Turns pydantic's account of a wrong task file into problems a user can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from caffe_multilabel._base.text import key_path, shown, suggestion
from caffe_multilabel.tasks import fields
from caffe_multilabel.tasks.problem import Problem
from caffe_multilabel.tasks.task_file import TaskFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["problems_of"]

# What each of pydantic's error types wants, in the words of the rest of the message.
_WANTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be keys and values",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "int_type": "must be a whole number",
    "invalid_key": "keys must be words",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "list_type": "must be a list",
    "model_type": "must be keys and values",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "too_long": "must have {max_length} of them",
    "too_short": "must have at least {min_length}",
    "tuple_type": "must be a list",
}


def problems_of(error: ValidationError, data: object) -> list[Problem]:
    """Return one problem for each thing that pydantic found wrong in `data`."""
    found: list[Problem] = []
    for details in error.errors(include_url=False):
        if details["type"] == "task_file":
            found.extend(details["ctx"]["problems"])
        elif not _only_wrong_items(details):
            _add(_problem(details, data), found)
    return found


def _add(problem: Problem, found: list[Problem]) -> None:
    """Add a problem; pydantic names one for each form that a value may have, one after another."""
    last = found[-1] if found else None
    begin, _, wanted = problem.message.rpartition("; must be ")
    if last is not None and begin and last.message.startswith(f"{begin}; must be "):
        if last.loc == problem.loc:
            found[-1] = Problem(last.loc, f"{last.message} or {wanted}")
            return
    elif last is not None and last.loc == problem.loc[: len(last.loc)]:
        found.pop()  # it is of that form, and what is wrong is further in
    found.append(problem)


def _problem(details: ErrorDetails, data: object) -> Problem:
    kind = details["type"]
    context = details.get("ctx", {})
    found = details["input"]
    loc = _real_loc(details["loc"], data, keep_last=kind == "missing")
    if kind == "missing":
        return Problem(loc, _missing_key(loc))
    if kind == "extra_forbidden":
        return Problem(loc, _unknown_key(loc))
    if kind == "literal_error":
        choices = _choices(context["expected"])
        wanted = f"must be {_either(choices)}{suggestion(found, choices)}"
    else:
        wanted = _WANTED.get(kind, details["msg"]).format(**context)
        wanted += ", or a list" if details["loc"][-1] == fields.ONE else ""
    return Problem(loc, f"found {_shown(found)}; {wanted}")


def _only_wrong_items(details: ErrorDetails) -> bool:
    """Tell whether a list counts as too short only because wrong items were taken out of it."""
    if details["type"] != "too_short":
        return False
    found = details["input"]
    return isinstance(found, (list, tuple)) and len(found) >= details["ctx"]["min_length"]


def _real_loc(loc: tuple[int | str, ...], data: Any, *, keep_last: bool) -> tuple[int | str, ...]:
    """Drop from pydantic's loc what the file does not have, such as the form of a union."""
    real: list[int | str] = []
    for part in loc:
        if _holds(data, part):
            data = data[part]
            real.append(part)
    if keep_last:
        real.append(loc[-1])
    return tuple(real)


def _holds(data: object, part: int | str) -> bool:
    if isinstance(data, (list, tuple)):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _missing_key(loc: tuple[int | str, ...]) -> str:
    field = _model_at(loc[:-1]).model_fields.get(str(loc[-1]))
    return f"missing. {field.description}" if field else "missing"


def _unknown_key(loc: tuple[int | str, ...]) -> str:
    key = str(loc[-1])
    known = list(_model_at(loc[:-1]).model_fields)
    hint = suggestion(key, known)
    homes = [] if hint else [home for home in _homes(TaskFile, ()) if home.endswith(f".{key}")]
    if homes:
        hint = f" (it belongs at {' or '.join(homes)})"
    return f"unknown key{hint}; known here: {', '.join(known)}"


def _model_at(loc: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the model of the keys at `loc`."""
    model: type[BaseModel] = TaskFile
    for part in loc:
        field = model.model_fields.get(str(part))
        model = (field and next(_models(field.annotation), None)) or model
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Go through the models that an annotation names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _homes(model: type[BaseModel], loc: tuple[str, ...]) -> Iterator[str]:
    """Go through every key of the format, `tasks.name` and so on."""
    for name, field in model.model_fields.items():
        yield key_path((*loc, name))
        for inner in _models(field.annotation):
            yield from _homes(inner, (*loc, name))


def _choices(expected: str) -> list[str]:
    return [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]


def _either(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"


def _shown(found: object) -> str:
    if isinstance(found, bool) or found is None:
        return {True: "true", False: "false", None: "nothing"}[found]
    return shown(found)
