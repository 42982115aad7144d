"""Values from JSON, checked against the types that they are to have: a file may be damaged or half of one."""

import math
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def from_form(kind: Any, form: Any) -> Any:
    """Return a value of some type from JSON.

    Parameters
    ----------
    kind
        A dataclass, `datetime`, an enumeration of texts, one of JSON's own types, a `list`, `tuple` or `dict`
        of any of these, or such `| None`.
    form
        What `json.loads` returned.

    Raises
    ------
    ValueError
        If it is no such value: a part is missing, or of another type.
    """
    if isinstance(kind, type) and is_dataclass(kind):
        if not isinstance(form, dict):
            raise ValueError(f"no {kind}: {str(form)[:80]}")
        hints = _hints(kind)
        missing = object()
        content = {field.name: form.get(field.name, missing) for field in fields(kind)}
        if absent := [name for name, value in content.items() if value is missing]:
            raise ValueError(f"{absent[0]} is missing")
        read: Any = {name: from_form(hints[name], value) for name, value in content.items()}
        return kind(**read)
    if isinstance(kind, UnionType):
        return None if form is None else from_form(get_args(kind)[0], form)
    if (container := get_origin(kind)) in (list, tuple):
        if not isinstance(form, list | tuple):
            raise ValueError(f"no list: {str(form)[:80]}")
        return container(from_form(get_args(kind)[0], item) for item in form)
    if container is dict:
        if not isinstance(form, dict):
            raise ValueError(f"no object: {str(form)[:80]}")
        return {key: from_form(get_args(kind)[1], item) for key, item in form.items()}
    if kind is datetime:
        if not isinstance(form, str):
            raise ValueError(f"no date: {str(form)[:80]}")
        return datetime.fromisoformat(form)
    if issubclass(kind, StrEnum):
        return kind(form)
    number = isinstance(form, int | float) and not isinstance(form, bool) and math.isfinite(form)
    if kind is float and number:
        return form
    if kind is float or type(form) is not kind:
        raise ValueError(f"no {kind.__name__}: {str(form)[:80]}")
    return form
