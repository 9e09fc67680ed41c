"""Pulling the plug: a child keeps, rates and deletes pictures in a loop and is killed at random moments."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.files import sweep
from engine.images import load_picture, read_record
from studio.library.index import PictureRow
from studio.library.pictures import Gallery
from studio.library.trash import Bin

KILLS = int(os.environ.get("PERSONA_KILLS", "20"))
ROOT = Path(__file__).parents[3]
NURSERY = """
import os, sys
from pathlib import Path
from studio.library.pictures import Gallery
from studio.library.trash import Bin
from tests.studio.library.made import picture, recipe

home = Path(sys.argv[1])
os.fsync = lambda handle: None  # a kill is no power cut; this only makes more of them fit into a second


def live(start):
    trash = Bin(home / "bin")
    trash.recover()
    gallery = Gallery(home / "gallery", home / "cache" / "index.sqlite3", trash)
    gallery.refresh()
    print("ready", os.getpid(), flush=True)
    for n in range(start, start + 10_000):
        row = gallery.keep(picture(n, side=16), recipe(n))
        gallery.change([row.id], rating=n % 6, tags=(f"t{n}",))
        print("kept", n, row.id, flush=True)
        if n % 3 == 0:
            slot = gallery.delete([row.id])
            print("deleted", n, row.id, flush=True)
            if n % 2 == 0:
                gallery.restore(slot)
                print("restored", n, row.id, flush=True)


for line in sys.stdin:
    if os.fork() == 0:
        live(int(line))
    os.wait()
    print("dead", flush=True)
"""


class Nursery:
    """A process that makes children cheaply: everything is imported before it forks."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, str(home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def live_and_die(self, start: int, acts: int, seconds: float) -> Iterator[list[str]]:
        """What a child said it had finished when it was killed: soon after so many acts."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(start, file=self.process.stdin, flush=True)
        word, pid = self.process.stdout.readline().split()
        assert word == "ready"
        for _ in range(acts):
            yield self.process.stdout.readline().rstrip("\n").split(" ", 2)
        time.sleep(seconds)
        os.kill(int(pid), signal.SIGKILL)
        while (line := self.process.stdout.readline()) and not line.endswith("dead\n"):
            yield line.rstrip("\n").split(" ", 2)

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def rows_of(gallery: Gallery) -> dict[str, PictureRow]:
    return {row.id: row for row in gallery.index.rows(gallery.index.keys())}


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_nothing_is_lost_or_half_written(tmp_path: Path) -> None:
    rng = random.Random(20)
    last: dict[str, tuple[str, int]] = {}
    nursery = Nursery(tmp_path)
    for kill in range(KILLS):
        for word, n, one in nursery.live_and_die(kill * 10_000, rng.randrange(9), rng.uniform(0, 0.01)):
            last[one] = (word, int(n))
    nursery.close()
    assert len(last) > KILLS, "the child must have got somewhere"

    trash = Bin(tmp_path / "bin")
    trash.recover()
    gallery = Gallery(tmp_path / "gallery", tmp_path / "cache" / "index.sqlite3", trash)
    found = gallery.catch_up()
    assert found.damaged == ()
    caught_up = rows_of(gallery)
    for one in caught_up:
        assert load_picture(gallery.path(one)).shape == (16, 16, 3), "whole"
        assert read_record(gallery.path(one)) is not None
    check_what_was_promised(caught_up, last, trash)
    gallery.rebuild()
    assert rows_of(gallery) == caught_up, "the index made anew equals the one that was brought up to date"
    gallery.close()
    sweep(gallery.folder)
    for folder in {gallery.path(one).parent for one in caught_up}:
        sweep(folder)
        assert [path for path in folder.iterdir() if path.name.startswith(".")] == []


def check_what_was_promised(
    rows: dict[str, PictureRow], last: dict[str, tuple[str, int]], trash: Bin
) -> None:
    """Whatever the child reported as done is so. The last act of each life may have been under way."""
    binned = {item[-1] for slot in trash.slots() for item in slot.items}
    for one, (word, n) in last.items():
        assert (one in rows) != (one in binned), f"{one} is in one place"
        if word == "restored" or (word == "kept" and n % 3):
            assert rows[one].rating == n % 6
            assert rows[one].tags == (f"t{n}",)
