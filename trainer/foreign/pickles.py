"""Pickles read as what they are, a small program for a stack machine, by a machine that can do very little.

It builds numbers, texts, lists, dictionaries, tensors, and records of the types in `RECORDS`. Names in the
pickle are compared with a list and stay names: nothing is imported, nothing that the file names is called, no
class of it is made. Whatever else a pickle asks for ends the reading.

Source: the opcodes as the standard library's `pickletools` documents them.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar

from trainer.foreign.tensors import STORAGES, Storage, Tensor, rebuilt, scalar

MAX_STEPS = 5_000_000
MARK = object()
T = TypeVar("T")


class ForeignError(ValueError):
    """Why a file is not read, as the second half of a sentence."""


@dataclass(frozen=True)
class Name:
    """What a pickle calls by a module and a name; never looked up."""

    full: str


@dataclass
class PickledRecord:
    """An object of a type that the pickle names: what it held, and nothing that it could do."""

    name: str
    state: dict[str, Any] = field(default_factory=dict)


Stored = Callable[[tuple[Any, ...]], Storage]
"""What a reference to numbers outside the pickle stands for."""


def no_storage(reference: tuple[Any, ...]) -> Storage:
    """For pickles that have no numbers outside."""
    raise ForeignError("it refers to numbers that are not in it")


class Machine:
    """Runs one pickle."""

    def __init__(self, stored: Stored = no_storage, from_bytes: Callable[[bytes], Any] | None = None) -> None:
        """from_bytes: reads what torch packed into bytes within a pickle."""
        self._stored, self._from_bytes = stored, from_bytes
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, file: BinaryIO) -> Any:
        """What the pickle builds, which begins where the file is. ForeignError."""
        try:
            for step, (opcode, argument, _) in enumerate(pickletools.genops(file)):
                if step > MAX_STEPS:
                    raise ForeignError(f"it takes more than {MAX_STEPS:,} steps")
                if opcode.name == "STOP":
                    return self._stack.pop()
                self._do(opcode.name, argument)
        except ForeignError:
            raise
        except (IndexError, KeyError, ValueError, TypeError, StopIteration, OverflowError, RecursionError):
            raise ForeignError("it is damaged or no pickle") from None
        raise ForeignError("it ends too early")

    def _do(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _FIXED:
            stack.append(_FIXED[name]())
        elif name in _NOTHING:
            pass
        elif name in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memo[argument])
        elif name in _SMALL_TUPLES:
            count = _SMALL_TUPLES[name]
            stack[-count:] = [tuple(_proper(stack[-count:], count))]
        elif step := getattr(self, f"_{name.lower()}", None):
            step(argument)
        else:
            raise ForeignError(f"it uses {name}, which no network needs")

    # --- Steps, by the names of the opcodes ---

    def _mark(self, _: Any) -> None:
        self._stack.append(MARK)

    def _pop(self, _: Any) -> None:
        self._stack.pop()

    def _dup(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def _pop_mark(self, _: Any) -> None:
        self._since_mark()

    def _list(self, _: Any) -> None:
        self._stack.append(self._since_mark())

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._since_mark()))

    def _dict(self, _: Any) -> None:
        self._stack.append(_pairs(self._since_mark()))

    def _frozenset(self, _: Any) -> None:
        self._stack.append(frozenset(self._since_mark()))

    def _append(self, _: Any) -> None:
        (value,) = self._taken(1)
        _as(list, self._stack[-1]).append(value)

    def _appends(self, _: Any) -> None:
        values = self._since_mark()
        _as(list, self._stack[-1]).extend(values)

    def _additems(self, _: Any) -> None:
        values = self._since_mark()
        _as(set, self._stack[-1]).update(values)

    def _setitem(self, _: Any) -> None:
        pair = self._taken(2)
        _as(dict, self._stack[-1]).update(_pairs(pair))

    def _setitems(self, _: Any) -> None:
        values = self._since_mark()
        _as(dict, self._stack[-1]).update(_pairs(values))

    def _global(self, argument: str) -> None:
        self._stack.append(_allowed(argument.replace(" ", ".", 1)))

    def _stack_global(self, _: Any) -> None:
        module, name = (_as(str, part) for part in self._taken(2))
        self._stack.append(_allowed(f"{module}.{name}"))

    def _binpersid(self, _: Any) -> None:
        (reference,) = self._taken(1)
        self._stack.append(self._stored(_as(tuple, reference)))

    def _newobj(self, _: Any) -> None:
        name, arguments = self._taken(2)
        if arguments != ():
            raise ForeignError("it makes a record out of values, which no network needs")
        self._stack.append(_record(_as(Name, name)))

    def _build(self, _: Any) -> None:
        (state,) = self._taken(1)
        made = self._stack[-1]
        if isinstance(made, PickledRecord) and made.name == _DTYPE:
            return  # its byte order: what wrote these files wrote little-endian numbers
        if isinstance(made, PickledRecord):
            made.state.update(_as(dict, state))
        elif not isinstance(made, dict):  # a dictionary's attributes are torch's notes, of no use here
            raise ForeignError("it changes what is no record")

    def _reduce(self, _: Any) -> None:
        name, arguments = self._taken(2)
        self._stack.append(self._made(_as(Name, name).full, _as(tuple, arguments)))

    def _made(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if name == "torch._utils._rebuild_tensor_v2":
            return rebuilt(*arguments[:4])
        if name.startswith("torch._utils._rebuild_parameter"):
            return _as(Tensor, arguments[0])
        if name == "torch.storage._load_from_bytes" and self._from_bytes is not None:
            return self._from_bytes(_as(bytes, arguments[0]))
        if name == "torch_utils.persistence._reconstruct_persistent_obj":
            meta = _as(dict, arguments[0])  # its source code is text like any other
            return PickledRecord(_as(str, meta["class_name"]), dict(_as(dict, meta["state"])))
        if name == "_codecs.encode" and arguments[1:] == ("latin1",):
            return _as(str, arguments[0]).encode("latin1")  # how old protocols write bytes
        if name == _DTYPE:
            return PickledRecord(_DTYPE, {"code": _as(str, arguments[0])})
        if name in _SCALARS:
            return scalar(_as(PickledRecord, arguments[0]).state["code"], _as(bytes, arguments[1]))
        if name in _SETS:
            return set(_as(list, arguments[0]) if arguments else [])
        if name in _DICTIONARIES:
            return _ordered(arguments)
        raise ForeignError(f"it calls {name:.80}, which no network needs")

    # --- The stack ---

    def _taken(self, count: int) -> list[Any]:
        taken = _proper(self._stack[-count:], count)
        del self._stack[-count:]
        return taken

    def _since_mark(self) -> list[Any]:
        at = next(i for i in range(len(self._stack) - 1, -1, -1) if self._stack[i] is MARK)
        values = self._stack[at + 1 :]
        del self._stack[at:]
        return values


_VALUES = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
_FIXED: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_NOTHING = {"PROTO", "FRAME"}
_SMALL_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_DTYPE = "numpy.dtype"
_SCALARS = {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
_SETS = {"builtins.set", "__builtin__.set"}
_DICTIONARIES = {"collections.OrderedDict", "dnnlib.util.EasyDict", "dnnlib.EasyDict"}
RECORDS = {"argparse.Namespace", *_DICTIONARIES}
"""Types of records; dictionaries among them become dictionaries."""
CALLED = {
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch.storage._load_from_bytes",
    "torch_utils.persistence._reconstruct_persistent_obj",
    "_codecs.encode",
    _DTYPE,
    *_SCALARS,
    *_SETS,
    *_DICTIONARIES,
}
"""Names for which this machine has a step of its own."""


def _allowed(full: str) -> Name:
    if full in CALLED or full in RECORDS or full in STORAGES:
        return Name(full)
    raise ForeignError(f"it wants {full:.80}, which no network needs")


def _record(name: Name) -> Any:
    if name.full in _DICTIONARIES:
        return {}
    if name.full in RECORDS:
        return PickledRecord(name.full)
    raise ForeignError(f"it makes a {name.full:.80}, which no network needs")


def _ordered(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    pairs = _as(list, arguments[0]) if arguments else []
    return dict(_as_pair(pair) for pair in pairs)


def _as_pair(pair: Any) -> tuple[Any, Any]:
    key, value = pair
    return key, value


def _pairs(values: list[Any]) -> dict[Any, Any]:
    return dict(zip(values[::2], values[1::2], strict=True))


def _proper(values: list[Any], count: int) -> list[Any]:
    """The values, where there are so many and no mark among them."""
    if len(values) != count or any(value is MARK for value in values):
        raise IndexError
    return values


def _as(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError
    return value
