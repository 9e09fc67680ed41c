"""How fast pictures are prepared: `python -m trainer.tools.data_bench FOLDER`.

Makes 12-megapixel JPEGs out of the pictures in FOLDER (enlarged, on each other as backgrounds, with camera-
like noise), prepares them in a process of its own and prints pictures per second, the time that 2,000 would
take, and the peak memory. Processor time is given as well: on a machine with other work it is the steadier
figure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from engine.images import picture_files

WIDTH, HEIGHT = 4000, 3000
NOISE = 4.0
"""grey levels"""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m trainer.tools.data_bench", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with pictures to make large ones from")
    parser.add_argument("--count", type=int, default=100, help="how many large pictures to make")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--no-align", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--keep", type=Path, help="make the large pictures here, and use them if they are there"
    )
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as temporary:
        large = args.keep or Path(temporary) / "large"
        make_large(args.folder, large, args.count)
        found = measure(large, Path(temporary) / "set", args.size, args.threads, not args.no_align)
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def make_large(folder: Path, out: Path, count: int) -> None:
    """Write `count` 12-megapixel JPEGs into `out`, as far as they are not there."""
    out.mkdir(parents=True, exist_ok=True)
    files = picture_files(folder, recursive=True)
    files = files[:: max(1, len(files) // count)]
    for number in range(count):
        path = out / f"large-{number:04d}.jpg"
        if not path.exists():
            front, back = files[number % len(files)], files[(number * 7 + 3) % len(files)]
            _large(front, back, number).save(path, quality=92)


def measure(large: Path, out: Path, size: int, threads: int, align: bool) -> dict[str, float | int | str]:
    """Prepare the pictures in a new process, twice; the second time nothing has changed."""
    command = [sys.executable, "-c", _CHILD, str(large), str(out), str(size), str(threads)]
    command += [] if align else ["whole"]
    first, again = (_timed(command) for _ in range(2))
    count, peak = int(first["pictures"]), float(first["peak_mb"])
    seconds = float(first["seconds"])
    return {
        "pictures": count,
        "megapixels": WIDTH * HEIGHT / 1e6,
        "mean_file_mb": round(sum(path.stat().st_size for path in large.iterdir()) / count / 1e6, 2),
        "kept": int(first["kept"]),
        "seconds": round(seconds, 2),
        "pictures_per_second": round(count / seconds, 2),
        "minutes_for_2000": round(2000 * seconds / count / 60, 2),
        "cpu_seconds_per_picture": round(float(first["cpu_s"]) / count, 3),
        "peak_rss_mb": round(peak, 1),
        "second_run_s": round(float(again["seconds"]), 2),
    }


_CHILD = """
import json, sys, time
start = time.monotonic()
import cv2
from pathlib import Path
from trainer.data.crops import Cut
from trainer.data.prepare import PreparationSettings, prepare
from trainer.tools.data_bench import peak_mb
cv2.setNumThreads(1)
folder, out, size, threads, *whole = sys.argv[1:]
made = prepare(Path(folder), Path(out), PreparationSettings(Cut(int(size), not whole), threads=int(threads)))
done = {"seconds": time.monotonic() - start, "kept": len(made.pictures)}
done |= {"cpu_s": time.process_time(), "peak_mb": peak_mb()}
print(json.dumps(done | {"pictures": len(list(Path(folder).iterdir()))}))
"""


def peak_mb() -> float:
    """The most memory this process has held, in MB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _timed(command: Sequence[str]) -> dict[str, float]:
    started = time.monotonic()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"seconds": time.monotonic() - started}


def _large(front: Path, back: Path, number: int) -> Image.Image:
    random = np.random.default_rng(number)
    with Image.open(back) as image:
        scene = image.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    side = int(HEIGHT * random.uniform(0.3, 1.0))
    with Image.open(front) as image:
        portrait = image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    scene = scene.point(lambda value: value // 3)
    scene.paste(
        portrait, (int(random.integers(0, WIDTH - side + 1)), int(random.integers(0, HEIGHT - side + 1)))
    )
    noise = random.normal(0, NOISE, (HEIGHT // 2, WIDTH // 2, 3)).astype(np.float32)
    noise = noise.repeat(2, axis=0).repeat(2, axis=1)
    return Image.fromarray(np.clip(np.asarray(scene, np.float32) + noise, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    sys.exit(main())
