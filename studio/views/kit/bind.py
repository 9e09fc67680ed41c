"""Ties a control to a property of the state, both ways.

bind(settings, "theme", segmented)
bind(explorer, "truncation", slider)
"""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QObject, SignalInstance


class ValueControl(Protocol):
    """A widget that holds one value: `Choice`, `Segmented`, `Switch`, `SliderRow`."""

    @property
    def edited(self) -> SignalInstance:
        """Told with the value when a hand changed it."""
        ...

    def set_value(self, value: Any) -> None:
        """Shows another value."""
        ...


def bind(state: QObject, name: str, control: ValueControl) -> None:
    """The control shows `state.name` from now on, and sets it when it is edited."""
    show(state, name, control)
    control.edited.connect(partial(setattr, state, name))


def show(state: QObject, name: str, control: ValueControl) -> None:
    """The control shows `state.name` from now on; somebody else hears what is edited."""
    control.set_value(getattr(state, name))
    changed: SignalInstance = getattr(state, f"{name}_changed")
    changed.connect(control.set_value)
