"""A bundle's graphs as functions of arrays, on one provider; each graph is opened when first needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import graph_part
from engine.bundle import Bundle
from engine.errors import BundleError, DeviceError
from engine.low_resolution import cut_in_half
from engine.providers import CPU, Provider, choose, open_session
from engine.standing_in import StandIn

Floats = NDArray[np.float32]


class Network:
    """Mapping, synthesis, preview and the two encoders. Thread-safe.

    All raise DeviceError when the device fails and BundleError when the network gives what is no number: such
    output would be a black picture that counts as success. Where a graphics card was not asked for by name
    and fails, the processor stands in for it.
    """

    def __init__(
        self,
        bundle: Bundle,
        provider: Provider | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """provider None: `providers.choose()`."""
        self.bundle = bundle
        self._stand_in = StandIn(provider or choose(), clock)
        self._sessions: dict[str, Any] = {}
        self._lock, self._low_resolution_lock = threading.Lock(), threading.Lock()

    @property
    def provider(self) -> Provider:
        """Where it runs now."""
        return self._stand_in.provider

    @property
    def wanted(self) -> Provider:
        """Where it should run."""
        return self._stand_in.wanted

    def mapping(self, z: Floats, style: Floats) -> Floats:
        """z [N, Z], style [N, S] -> w [N, L, W]"""
        return self._run("mapping", "w", z=z, style=style)

    def synthesis(self, w: Floats) -> Floats:
        """w [N, L, W] -> image [N, 3, R, R], in the card's colour range"""
        return self._run("synthesis", "image", w=w)

    def preview(self, w: Floats) -> Floats:
        """w [N, L, W] -> image [N, 3, P, P]"""
        return self._run("preview", "preview" if self.bundle.outputs("preview") else "image", w=w)

    def low_resolution(self, w: Floats) -> Floats | None:
        """w [N, L, W] -> image [N, 3, P / 2, P / 2]: half a preview, or None where the model has none."""
        return self._somewhere(lambda: self._low_resolution(w))  # type: ignore[no-any-return]

    def _low_resolution(self, w: Floats) -> Floats | None:
        session = self._low_resolution_session()
        if session is None:
            return None
        half = self.bundle.card.preview_resolution // 2
        image = self._run_session(session, "preview", session.get_outputs()[0].name, w=w)
        return image if image.shape[1:] == (3, half, half) else None

    def style(self, image: Floats) -> Floats:
        """image [N, 3, R, R] -> style [N, S]: look, then persona where there is one, each of unit length"""
        return self._run("style_encoder", "style", image=image)

    def content(self, image: Floats) -> Floats:
        """image [N, 3, R, R] -> z [N, Z]"""
        return self._run("content_encoder", "z", image=image)

    def detail(self, image: Floats) -> Floats:
        """image [N, 3, R, R] -> all that it shows [N, D, W]; of a model whose card has `detail_rows`"""
        return self._run("content_encoder", "detail", image=image)

    def made_detail(self, w: Floats) -> Floats:
        """w [N, L, W] -> what of that the picture has which z and s alone make [N, D, W]"""
        return self._run("synthesis", "detail", w=w)

    def open(self, *graphs: str) -> None:
        """Opens graphs ahead of their first use."""
        for graph in graphs:
            self._somewhere(lambda graph=graph: self._session(graph))  # type: ignore[misc]

    def _run(self, graph: str, output: str, **inputs: Floats) -> Floats:
        if self._stand_in.try_again():
            self._forget()
        found: Floats = self._somewhere(
            lambda: self._run_session(self._session(graph), graph, output, **inputs)
        )
        count = len(next(iter(inputs.values())))
        self._check_shape(graph, output, found, count)
        return found

    def _somewhere(self, work: Callable[[], Any]) -> Any:
        """What `work` gives, on the processor where the graphics card fails and may be stood in for."""
        used = self.provider
        try:
            return work()
        except DeviceError as error:
            if not self._stand_in.stands_in_for(used, error):
                raise
        self._forget()
        return work()

    def _forget(self) -> None:
        """Closes what runs elsewhere than on the provider of now, which gives its memory back."""
        with self._lock, self._low_resolution_lock:
            self._sessions = {}

    def _check_shape(self, graph: str, output: str, found: Floats, count: int) -> None:
        """BundleError unless the graph gave what the card says: the runtime itself only logs it."""
        wanted = (count, *self.bundle.output(graph, output)[1:])
        if found.shape != wanted:
            given, card = (f"[{', '.join(map(str, shape))}]" for shape in (found.shape, wanted))
            code, file = "output-shape", self.bundle.graph(graph).name
            reason = f"{file} gives {output} of shape {given}, where its card says {card}"
            raise BundleError(self.bundle.path, reason, code, file=file, name=output, given=given, card=card)

    def _run_session(self, session: Any, graph: str, output: str, **inputs: Floats) -> Floats:
        try:
            found: Floats = session.run([output], inputs)[0]
        except Exception as error:  # ONNX Runtime raises a family of its own
            if "alloc" in str(error).lower():
                sentence = f"{self.provider.name} has not enough memory for {graph}."
                raise DeviceError(sentence, "memory") from error
            reason = str(error).strip().splitlines()[0][:200]
            raise DeviceError(f"{self.provider.name} failed in {graph}: {reason}.", "run") from error
        if not np.isfinite(found).all():
            file = self.bundle.graph(graph).name
            raise BundleError(self.bundle.path, f"{file} gives numbers that are not finite", "picture")
        return found

    def _session(self, graph: str) -> Any:
        with self._lock:
            if graph not in self._sessions:
                # The mapping is too small to share out: waking threads would cost more than it.
                provider = replace(self.provider, threads=1) if graph == "mapping" else self.provider
                self._sessions[graph] = open_session(provider, self._checked(graph))
            return self._sessions[graph]

    def has_low_resolution(self) -> bool:
        """Whether there are low-resolution previews; finding out takes a second, and holds nothing up."""
        return self._somewhere(self._low_resolution_session) is not None

    def _low_resolution_session(self) -> Any:
        with self._low_resolution_lock:
            if "low_resolution" not in self._sessions:
                part = cut_in_half(self._checked("preview"), self.bundle.card.preview_resolution)
                self._sessions["low_resolution"] = open_session(self.provider, part) if part else None
            return self._sessions["low_resolution"]

    def _checked(self, graph: str) -> Path | bytes:
        """What to open: the graph's file, or its part of a file that holds more."""
        path, outputs = self.bundle.graph(graph), self.bundle.outputs(graph)
        if (outputs or self.provider.onnx_name == CPU.onnx_name) and not path.is_file():
            raise BundleError(self.bundle.path, f"{path.name} is missing", "missing-file", file=path.name)
        if not outputs:
            return path
        try:
            return graph_part.part(path.read_bytes(), outputs)
        except OSError as error:
            reason = str(error.strerror)
            message = f"{path.name} cannot be read ({reason})"
            raise BundleError(
                self.bundle.path, message, "unreadable", file=path.name, cause=reason
            ) from error
        except ValueError as error:
            code = getattr(error, "code", "graph")
            raise BundleError(self.bundle.path, f"{path.name} {error}", code, file=path.name) from None
