"""Which model, on which device."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.errors import TargetExistsError
from studio.commands.error_messages import shortened, tell
from studio.library.models import ModelEntry
from studio.library.pictures import Damage
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text, reason_text
from studio.state.jobs import BackgroundJob
from studio.state.notices import Kind

if TYPE_CHECKING:
    from engine.bundle import Bundle
    from engine.providers import Provider
    from studio.commands.context import AppContext
    from studio.workers.generator_thread import Loaded


class ModelCommands(QObject):
    """Acts on models."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._context = context
        context.generator.loading.connect(context.model.set_loading)
        context.generator.ready.connect(self._take)
        context.generator.failed.connect(self._fail)
        context.generator.moved.connect(self._move)

    def use(self, path: Path | None) -> None:
        """Switches to a model; None is the default one. A .persona file is imported first."""
        if path is not None and path.is_file():
            self.import_file(path)
            return
        self._context.settings.model = str(path) if path is not None else ""
        self.load()

    def set_device(self, device: str) -> None:
        """Chooses the device (`library.devices.DEVICES`) and loads the model on it."""
        self._context.settings.device = device
        self.load()

    def load(self) -> None:
        """Loads the model of the settings on the device of the settings."""
        settings = self._context.settings
        self._context.generator.load(Path(settings.model) if settings.model else None, settings.device)

    def import_file(self, path: Path) -> BackgroundJob:
        """Imports a .persona file or a bundle folder, and switches to it."""
        shelf = self._context.library.models

        def work(progress: OnProgress, cancelled: IsCancelled) -> Bundle:
            return shelf.add(path)

        def done(bundle: Bundle) -> None:
            self._context.notices.add(
                Kind.SUCCESS, Text("said.the_model_name_was_imported", name=bundle.name)
            )
            self.refresh()
            self.use(bundle.path)

        def fail(error: Exception) -> None:
            what = Text("said.the_model_name_could_not", name=path.name)
            if isinstance(error, TargetExistsError):
                what = Text("said.a_model_of_this_name")
            tell(self._context.notices, what, error)

        return self._context.background.start(
            Text("said.importing_the_model_name", name=path.name), work, done, fail
        )

    def refresh(self) -> None:
        """Reads anew which models there are."""
        notices = self._context.notices

        def take(found: tuple[list[ModelEntry], list[Damage]]) -> None:
            entries, damaged = found
            self._context.model.set_entries(entries)
            if damaged:
                notices.add(
                    Kind.WARNING,
                    Text("said.some_models_cannot_be_used"),
                    meaning=Text("said.they_were_left_as_they"),
                    details=shortened(tuple(map(str, damaged))),
                )

        self._context.reader.run(
            self._context.library.models.entries,
            take,
            lambda error: tell(notices, Text("said.the_models_could_not_be"), error),
        )

    def _take(self, loaded: Loaded) -> None:
        context = self._context
        context.model.set_ready(loaded.bundle, loaded.provider)

    def _move(self, provider: Provider) -> None:
        """Pictures are made on another device: the graphics card failed, or is back."""
        context = self._context
        context.model.set_provider(provider)
        if provider.reasons:
            context.notices.add(
                Kind.WARNING,
                Text("said.the_processor_makes_the_pictures"),
                meaning=reason_text(provider.reasons[0], "unused"),
            )

    def _fail(self, error: Exception) -> None:
        context = self._context
        context.model.set_failed(error)
        settings = context.settings
        wanted = settings.model, settings.device

        def is_so() -> bool:
            """Where another takes its place it stays so, until the one that was wanted is there."""
            return context.model.status != "ready" or (settings.model, settings.device) != wanted

        tell(
            context.notices,
            Text("said.the_model_could_not_be"),
            error,
            holds=is_so,
            until=(context.model.status_changed,),
        )
        if context.settings.model and context.model.bundle is None:
            context.settings.model = ""  # so that there is a picture at all
            self.load()
        elif context.settings.device != "auto" and context.model.bundle is None:
            context.settings.device = "auto"
            self.load()
