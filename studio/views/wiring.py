"""What every action of the window does, and what its palette offers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from studio.views.kit.slider import SliderRow
from studio.views.palette import PaletteEntry
from studio.views.settings.page import SETTINGS

if TYPE_CHECKING:
    from studio.views.window import Window


def connect_actions(window: Window) -> None:
    """Gives every action of the window its deed."""
    intake = window.intake
    context, canvas, gallery = window.context, window.explorer.canvas, window.gallery
    rates = {f"rate_{n}": partial(gallery.rate, n) for n in range(6)}
    labels = {f"label_{name}": partial(gallery.label, name) for name in ("red", "yellow", "green", "blue")}
    window.acts.connect_to(
        {
            "explore": partial(window.show_page, "explore"),
            "gallery": partial(window.show_page, "gallery"),
            "training": partial(window.show_page, "training"),
            "new_training": window.deeds.choose_training,
            "settings": partial(window.show_settings, "appearance"),
            "palette": lambda: window.palette_.open(),
            "keep": context.on_pictures.keep,
            "random": context.on_explorer.shuffle,
            "keep_varied": window.deeds.ask_how_many,
            "variations": window.deeds.show_variations,
            "pin": context.on_explorer.pin,
            "map": canvas.outlook.toggle_map,
            "path": lambda: window.explorer.show_path(window.acts["path"].isChecked()),
            "hold_forms": partial(window.deeds.hold, "forms"),
            "hold_details": partial(window.deeds.hold, "details"),
            "lasso": lambda: canvas.set_lasso(window.acts["lasso"].isChecked()),
            "copy": window.deeds.copy_picture,
            "next_style": partial(window.deeds.step_style, 1),
            "previous_style": partial(window.deeds.step_style, -1),
            "large": lambda: canvas.set_large(window.acts["large"].isChecked()),
            "zoom_in": partial(canvas.zoom_by, 1.4),
            "zoom_out": partial(canvas.zoom_by, 1 / 1.4),
            "back": context.on_explorer.back,
            "forward": context.on_explorer.forward,
            "reset_look": window.explorer.controls.look_section.reset,
            "new_style": intake.choose_pictures,
            "new_style_folder": intake.choose_folder,
            "import_style": intake.choose_style_file,
            "edit_style": window.deeds.edit_style,
            "restyle": intake.choose_photo,
            "paste": intake.paste,
            "add_to_style": intake.ask_which_style,
            "no_style": lambda: context.on_styles.use(None),
            "undo": context.undo_stack.undo,
            "redo": context.undo_stack.redo,
            "find": window.deeds.search,
            "select_all": window.deeds.select_all,
            "recall": gallery.recall,
            "fullscreen": window.deeds.view_large,
            "compare": gallery.larger.compare,
            "board": gallery.ask_board,
            "new_board": gallery.places.new_board,
            "bin": window.deeds.show_bin,
            "export": window.exporting.ask,
            "style_from_selection": intake.style_from_selection,
            "delete": gallery.delete,
            "open_model": intake.choose_model,
            "panels": lambda: window.explorer.set_panels(not window.acts["panels"].isChecked()),
            "theme": window.deeds.toggle_theme,
            "language": window.deeds.toggle_language,
            "full_window": window.deeds.toggle_full_window,
            "shortcuts": lambda: window.shortcuts.open(),
            "welcome": window.start_welcome,
            "diagnostics": partial(window.show_settings, "diagnostics"),
            "about": partial(window.show_settings, "about"),
            "quit": window.close,
            **rates,
            **labels,
        }
    )


def palette_entries(window: Window) -> list[PaletteEntry]:
    """The actions that can be done now, and the styles."""
    words = window.look.words
    entries = [
        PaletteEntry(
            action.text(),
            words(f"group.{spec.group}"),
            action.trigger,
            "  ".join(window.acts.shortcuts(spec.id)[:1]),
            spec.icon,
            spec.id.replace("_", " "),
        )
        for spec, action in window.acts.all()
        if action.isEnabled() and spec.id != "palette"
    ]
    styles = [
        PaletteEntry(
            words("palette.style", name=entry.title(words.language)),
            words("group.styles"),
            partial(window.use_style, entry.id),
            icon="style",
        )
        for entry in window.context.styles.entries
    ]
    return [*entries, *styles, *_sliders(window), *_settings(window)]


def _sliders(window: Window) -> list[PaletteEntry]:
    """What is beside the canvas, by its name; a direction of the model also by its English one."""
    words, bundle = window.look.words, window.context.model.bundle
    english = {
        direction.title(words.language): direction.title("en")
        for direction in (bundle.card.directions if bundle is not None else ())
    }
    return [
        PaletteEntry(
            slider.name.text(),
            words("palette.slider"),
            partial(window.deeds.show_slider, slider),
            icon="settings",
            other_words=english.get(slider.name.text(), ""),
        )
        for slider in window.explorer.controls.findChildren(SliderRow)
        if slider.isEnabled() and not slider.isHidden()
    ]


def _settings(window: Window) -> list[PaletteEntry]:
    """Every setting, by its name and by what stands under it."""
    words = window.look.words
    return [
        PaletteEntry(
            words(key),
            words("action.settings"),
            partial(window.show_settings, section),
            icon="settings",
            other_words=words(f"{key}.hint") if words.has(f"{key}.hint") else "",
        )
        for section, keys in SETTINGS.items()
        for key in (f"settings.{section}", *keys)
    ]
