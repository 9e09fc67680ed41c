"""Properties without their boilerplate.

    class Lamp(QObject):
        brightness = Field[float](lambda value: min(1.0, max(0.0, value)))
        brightness_changed = Signal(float)

`lamp.brightness` reads that field of the frozen value in `lamp.fields`; setting it calls `lamp.set_field`,
which emits `brightness_changed`. Views tie controls to such properties with `studio.views.kit.bind`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, overload

V = TypeVar("V")


class Holder(Protocol):
    """Whoever holds a frozen value whose fields are its properties."""

    @property
    def fields(self) -> Any:
        """The value."""
        ...

    def set_field(self, name: str, value: Any) -> None:
        """Holds the same value with another field, and tells it if it is another one."""
        ...


class Field(Generic[V]):
    """A property that is a field of the held value, under the same name."""

    def __init__(self, fit: Callable[[V], V] | None = None) -> None:
        """fit: brings what is set into its range."""
        self._fit = fit

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Field[V]: ...
    @overload
    def __get__(self, holder: Holder, owner: type) -> V: ...
    def __get__(self, holder: Holder | None, owner: type) -> Field[V] | V:
        if holder is None:
            return self
        value: V = getattr(holder.fields, self._name)
        return value

    def __set__(self, holder: Holder, value: V) -> None:
        holder.set_field(self._name, value if self._fit is None else self._fit(value))
