"""Every place the explorer has been, as a tree: going back and turning off keeps the old branch reachable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import RecipeError
from studio.library.jsonfile import Piece
from studio.state.place import Place

KEPT = 1000
"""How many places are remembered; the oldest leaves are forgotten first."""


@dataclass(frozen=True)
class Node:
    """One place in the tree."""

    id: int
    parent: int | None
    place: Place
    children: tuple[int, ...] = ()
    label: str = ""


class History(QObject):
    """The tree of places and where in it one stands."""

    current_changed = Signal(object)
    """Node | None."""
    nodes_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._nodes: dict[int, Node] = {}
        self._current: int | None = None
        self._last_child: dict[int, int] = {}
        self._plain: dict[int, tuple[Node, Piece]] = {}
        """What `to_dict` made of nodes: it is asked every few seconds."""
        self._next_id = 1

    @property
    def current(self) -> Node | None:
        """Where one stands."""
        return self._nodes.get(self._current) if self._current is not None else None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, oldest first."""
        return tuple(self._nodes.values())

    @property
    def can_undo(self) -> bool:
        """Whether there is a place before this one."""
        return self.current is not None and self.current.parent is not None

    @property
    def can_redo(self) -> bool:
        """Whether there is a place after this one."""
        return self.current is not None and bool(self.current.children)

    def node(self, id: int) -> Node | None:
        """A node by id."""
        return self._nodes.get(id)

    def path(self) -> tuple[Node, ...]:
        """From the root to where one stands."""
        found: list[Node] = []
        node = self.current
        while node is not None:
            found.append(node)
            node = self._nodes.get(node.parent) if node.parent is not None else None
        return tuple(reversed(found))

    def add(self, place: Place, label: str = "") -> Node:
        """A new place after the current one; becomes current. The same place again adds nothing."""
        parent = self.current
        if parent is not None and parent.place == place:
            return parent
        node = Node(self._next_id, parent.id if parent else None, place, (), label)
        self._next_id += 1
        self._nodes[node.id] = node
        if parent is not None:
            self._nodes[parent.id] = replace(parent, children=(*parent.children, node.id))
            self._last_child[parent.id] = node.id
        self._current = node.id
        self._forget_old()
        self.nodes_changed.emit()
        self.current_changed.emit(node)
        return node

    def undo(self) -> Node | None:
        """To the place before; returns it."""
        return self.go(self.current.parent) if self.current and self.current.parent is not None else None

    @property
    def next(self) -> Node | None:
        """The place after this one, along the branch last walked."""
        if self.current is None or not self.current.children:
            return None
        last = self._last_child.get(self.current.id)
        return self._nodes[last if last in self.current.children else self.current.children[-1]]

    def redo(self) -> Node | None:
        """Along the branch last walked; returns the place."""
        return self.go(self.next.id) if self.next is not None else None

    def go(self, id: int) -> Node | None:
        """To any node; the way there becomes the one that `redo` follows."""
        node = self._nodes.get(id)
        if node is None or id == self._current:
            return node
        self._current = id
        for step in self.path():
            if step.parent is not None:
                self._last_child[step.parent] = step.id
        self.current_changed.emit(node)
        return node

    def move_places(self, moved: Mapping[Place, Place]) -> None:
        """Places of the same pictures elsewhere: the chart of a model became known."""
        self._nodes = {
            node.id: replace(node, place=moved.get(node.place, node.place)) for node in self._nodes.values()
        }
        self.nodes_changed.emit()
        self.current_changed.emit(self.current)

    def forget_persons(self, digests: Collection[str]) -> None:
        """Persons who are not to be shown any more."""
        self._nodes = {
            node.id: replace(node, place=node.place.without_persons(digests)) for node in self._nodes.values()
        }
        self._plain.clear()
        self.nodes_changed.emit()
        self.current_changed.emit(self.current)

    def clear(self) -> None:
        """Forgets everything."""
        self._nodes.clear()
        self._last_child.clear()
        self._current = None
        self.nodes_changed.emit()
        self.current_changed.emit(None)

    def to_dict(self, newest: int = 200) -> dict[str, Any]:
        """Plain values for the session file: the newest places, and the way to the present one."""
        chosen = {node.id for node in self.nodes[-newest:]} | {node.id for node in self.path()[-newest:]}
        told = [node for node in self._nodes.values() if node.id in chosen]
        self._plain = {node.id: (node, self._piece_of(node)) for node in told}
        return {"nodes": [piece for _, piece in self._plain.values()], "current": self._current}

    def _piece_of(self, node: Node) -> Piece:
        known, piece = self._plain.get(node.id, (None, None))
        if (
            piece is not None
            and known is not None
            and known.place is node.place
            and _is_told_alike(known, node)
        ):
            return piece
        return Piece(id=node.id, parent=node.parent, place=node.place.to_dict(), label=node.label)

    def load(self, value: dict[str, Any]) -> None:
        """Reads `to_dict` values; what cannot be read is left out."""
        self._nodes.clear()
        self._last_child.clear()
        listed = value.get("nodes")
        for item in listed if isinstance(listed, list) else ():
            with suppress(RecipeError, KeyError, TypeError, ValueError):
                self._load_one(item)
        current = value.get("current")
        self._current = current if current in self._nodes else max(self._nodes, default=None)
        self._next_id = max(self._nodes, default=0) + 1
        self.nodes_changed.emit()
        self.current_changed.emit(self.current)

    def _load_one(self, item: dict[str, Any]) -> None:
        place, parent = Place.from_dict(item["place"]), item["parent"]
        if parent is not None and parent not in self._nodes:
            parent = None
        node = Node(int(item["id"]), parent, place, (), str(item.get("label", "")))
        self._nodes[node.id] = node
        if parent is not None:
            above = self._nodes[parent]
            self._nodes[parent] = replace(above, children=(*above.children, node.id))
            self._last_child[parent] = node.id

    def _forget_old(self) -> None:
        """Old leaves off the present path go first; then the root, so that the path gets shorter."""
        while len(self._nodes) > KEPT:
            present = {node.id for node in self.path()}
            leaf = next((n for n in self._nodes.values() if not n.children and n.id not in present), None)
            self._remove(leaf or self.path()[0])

    def _remove(self, node: Node) -> None:
        del self._nodes[node.id]
        self._last_child.pop(node.id, None)
        for child in node.children:
            self._nodes[child] = replace(self._nodes[child], parent=None)
        if node.parent is not None:
            above = self._nodes[node.parent]
            rest = tuple(child for child in above.children if child != node.id)
            self._nodes[above.id] = replace(above, children=rest)


def _is_told_alike(one: Node, other: Node) -> bool:
    return one.parent == other.parent and one.label == other.label
