"""Whom a published picture owes a line: what the card of its model says of pictures under CC BY."""

from __future__ import annotations

from collections.abc import Iterable

from engine.formats.card import ModelCard

FILE = "attribution.txt"


def owed(cards: Iterable[ModelCard]) -> tuple[str, ...]:
    """The lines that must go with pictures of these models, each once: those whose licence asks for it."""
    lines = (line for card in cards for line in card.attribution if "CC BY" in line.upper())
    return tuple(dict.fromkeys(lines))


def file_text(lines: Iterable[str]) -> str:
    """What is written beside a set."""
    return "".join(f"{line}\n" for line in lines)
