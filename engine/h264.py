"""H.264 in MP4, which every player and every social network takes, by FFmpeg where it is at hand.

The encoder comes with the optional package `imageio-ffmpeg` and is called as a program of its own: it is
under the GPL, the package around it under BSD-2-Clause, and neither is needed for anything else.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from engine.errors import PathText, TargetError
from engine.images import Picture

CRF = 17
"""Constant rate factor of x264: 0 is lossless, 23 its default."""
SAID = 300
"""So many of the last letters that the encoder said are told."""


@cache
def encoder() -> Path | None:
    """The program that encodes; None where there is none. It is not run to find out."""
    spec = find_spec("imageio_ffmpeg")
    if spec is None or not spec.origin:
        return None
    folder = Path(spec.origin).parent / "binaries"
    return next((path for path in sorted(folder.glob("ffmpeg*")) if path.is_file()), None)


def encode(program: Path, frames: Iterator[Picture], draft: Path, path: PathText, fps: float) -> None:
    """Writes frames, uint8 [H, W, 3] with even sides, as yuv420p. TargetError when the encoder cannot.

    draft: where it is written. path: what errors call it. ValueError without a frame.
    """
    first = next(frames, None)
    if first is None:
        raise ValueError("a movie needs a frame")
    words = _command(program, draft, fps, first.shape[1], first.shape[0])
    log = draft.with_suffix(".log")
    with log.open("wb") as told:
        hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told, creationflags=hidden
        )
        try:
            _feed(child, first, frames)
        except BaseException:
            child.kill()
            raise
        finally:
            child.wait()
    if child.returncode or not draft.is_file() or not draft.stat().st_size:
        said = " ".join(log.read_text("utf-8", errors="replace").split())[-SAID:]
        raise TargetError(path, f"the encoder ended with {child.returncode} ({said})", "movie")


def _command(program: Path, draft: Path, fps: float, width: int, height: int) -> list[str]:
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:g}", "-i", "-"]
    made = ["-an", "-c:v", "libx264", "-preset", "medium", "-crf", str(CRF), "-pix_fmt", "yuv420p"]
    colours = ["-vf", "scale=out_color_matrix=bt709:out_range=tv"]
    colours += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    words = ["-loglevel", "error", "-nostdin", "-y", *given, *made, *colours, "-movflags", "+faststart"]
    return [str(program), *words, str(draft)]


def _feed(child: subprocess.Popen[bytes], first: Picture, frames: Iterator[Picture]) -> None:
    assert child.stdin is not None
    try:
        with child.stdin as pipe:
            pipe.write(first.tobytes())
            for picture in frames:
                pipe.write(picture.tobytes())
    except BrokenPipeError:  # it ended by itself, and says why
        return
