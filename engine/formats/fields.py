"""Frozen dataclasses out of JSON objects: each value is checked against its field's type.

Types that are known: str, int, float (whole numbers count, too), bool, None, Any, unions of these, dict and
Mapping with str keys, tuples of one kind, and further dataclasses.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_WORDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def filled(kind: type[T], data: object, *, strict: bool = False) -> T:
    """`kind` with the values of a JSON object. strict: names that it does not know are refused, not ignored.

    ValueError that names the field; and whatever `kind` itself raises.
    """
    if not isinstance(data, Mapping):
        raise ValueError("it is not a JSON object")
    known = _fields(kind)  # type: ignore[arg-type]  # every class is hashable
    if strict and (unknown := [name for name in data if name not in known]):
        raise ValueError(f"there is no {unknown[0]!r:.60}")
    values = {}
    for name, (hint, required) in known.items():
        if name in data:
            values[name] = _checked(hint, data[name], name, strict)
        elif required:
            raise ValueError(f"{name!r} is missing")
    return kind(**values)


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Name -> type, and whether it has to be there."""
    hints = get_type_hints(kind)
    return {
        one.name: (hints[one.name], one.default is MISSING and one.default_factory is MISSING)
        for one in fields(kind)
        if one.init
    }


def _checked(hint: Any, value: Any, name: str, strict: bool) -> Any:
    if hint is Any or (type(value) is hint and hint is not float):
        return value
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _checked_union(hint, value, name, strict)
    if origin in (dict, Mapping):
        of = get_args(hint)[1]
        _need(isinstance(value, Mapping) and all(isinstance(key, str) for key in value), value, hint, name)
        return {key: _checked(of, one, f"{name}.{key}", strict) for key, one in value.items()}
    if origin is tuple:
        _need(isinstance(value, list | tuple), value, hint, name)
        return tuple(_checked(get_args(hint)[0], one, name, strict) for one in value)
    if is_dataclass(hint) and isinstance(hint, type):
        try:
            return filled(hint, value, strict=strict)
        except ValueError as error:
            raise ValueError(f"in {name!r}, {error}") from None
    return _plain(hint, value, name)


def _checked_union(hint: Any, value: Any, name: str, strict: bool) -> Any:
    if value is None and type(None) in get_args(hint):
        return None
    for kind in get_args(hint):
        try:
            return _checked(kind, value, name, strict)
        except ValueError:
            continue
    raise ValueError(f"{name!r} is {value!r:.60}, which it cannot be")


def _plain(kind: Any, value: Any, name: str) -> Any:
    if kind is float:
        _need(isinstance(value, int | float) and not isinstance(value, bool), value, kind, name)
        return _finite(value, name)
    _need(type(value) is kind, value, kind, name)
    return value


def _finite(value: int | float, name: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name!r} is no finite number")
    return number


def _need(holds: bool, value: Any, kind: Any, name: str) -> None:
    if not holds:
        wanted = _WORDS.get(kind, "an object" if get_origin(kind) in (dict, Mapping) else "a list")
        raise ValueError(f"{name!r} is {_short(value)}, not {wanted}")


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and abs(value) > 10**18:
        return "an absurdly large number"
    return f"{value!r:.60}"
