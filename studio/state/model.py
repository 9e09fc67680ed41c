"""The model in use, the device it runs on, and why not a better one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from engine.bundle import Bundle
from engine.providers import Provider
from studio.library.models import ModelEntry


class ModelState(QObject):
    """Which network makes the pictures right now."""

    status_changed = Signal(str)
    bundle_changed = Signal(object)
    """Bundle | None."""
    provider_changed = Signal(object)
    """Provider | None."""
    entries_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._status = "none"
        self._bundle: Bundle | None = None
        self._provider: Provider | None = None
        self._entries: tuple[ModelEntry, ...] = ()
        self._error: Exception | None = None
        self._waiting: list[Callable[[], object]] = []

    @property
    def status(self) -> str:
        """ "none", "loading", "ready" or "failed"."""
        return self._status

    @property
    def bundle(self) -> Bundle | None:
        """The model in use; stays the old one while another is loading."""
        return self._bundle

    @property
    def provider(self) -> Provider | None:
        """The device in use, with `.name` and `.reason`."""
        return self._provider

    @property
    def error(self) -> Exception | None:
        """Why the last loading failed."""
        return self._error

    def when_settled(self, do: Callable[[], object]) -> None:
        """Calls `do` once no model is being loaded: at once, or when the one that is has come or failed."""
        if self._status in ("ready", "failed"):
            do()
        else:
            self._waiting.append(do)

    @property
    def model_id(self) -> str:
        """What recipes call the model; empty without one."""
        return self._bundle.id if self._bundle else ""

    @property
    def knows_persons(self) -> bool:
        """Whether the model in use can show a certain person."""
        return self._bundle is not None and self._bundle.card.persona is not None

    @property
    def entries(self) -> tuple[ModelEntry, ...]:
        """The models that can be chosen."""
        return self._entries

    def set_entries(self, entries: Sequence[ModelEntry]) -> None:
        """Takes in the models that can be chosen."""
        self._entries = tuple(entries)
        self.entries_changed.emit()

    def set_loading(self) -> None:
        """A model is being loaded."""
        self._error = None
        self._set_status("loading")

    def set_ready(self, bundle: Bundle, provider: Provider) -> None:
        """A model is in use."""
        self._bundle, self._provider, self._error = bundle, provider, None
        self.bundle_changed.emit(bundle)
        self.provider_changed.emit(provider)
        self._set_status("ready")

    def set_provider(self, provider: Provider) -> None:
        """Pictures are made somewhere else."""
        if self._bundle is not None:
            self._provider = provider
            self.provider_changed.emit(provider)

    def set_failed(self, error: Exception) -> None:
        """A model could not be loaded; the one before stays in use."""
        self._error = error
        self._set_status("failed")

    def _set_status(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self.status_changed.emit(status)
        if self._status in ("ready", "failed"):
            waiting, self._waiting = self._waiting, []
            for do in waiting:
                do()
