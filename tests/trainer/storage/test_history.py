from __future__ import annotations

import json
import shutil
from pathlib import Path

from engine.bundle import seal
from engine.formats import protocol
from engine.formats.run_folder import EVENTS
from tests.trainer.small import small_job
from trainer.storage import history


def write_events(run: Path, count: int) -> None:
    lines = [
        protocol.Losses(n, n / 10, {"generator": float(n), "d": 1.0}).to_line(now=1.0) for n in range(count)
    ]
    (run / EVENTS).write_text("".join(line if line.endswith("\n") else line + "\n" for line in lines))


def test_the_log_is_condensed_and_ends_where_the_model_was_taken(tmp_path: Path) -> None:
    write_events(tmp_path, 200)

    rows = history.log(tmp_path, until_step=159)

    assert len(rows) == history.ROWS
    assert rows[0] == {"kimg": 0.3, "generator": 1.5, "d": 1.0}
    assert rows[-1]["kimg"] == 15.9


def test_what_was_told_twice_after_resuming_counts_once(tmp_path: Path) -> None:
    write_events(tmp_path, 3)
    with (tmp_path / EVENTS).open("a") as file:
        file.write(protocol.Losses(2, 0.2, {"generator": 9.0}).to_line(now=2.0).rstrip("\n") + "\n")

    assert [row["generator"] for row in history.log(tmp_path, 99)] == [0.0, 1.0, 9.0]


def test_no_log_is_no_trouble(tmp_path: Path) -> None:
    assert history.log(tmp_path, 5) == []


def test_settings_name_no_places_on_the_disk(tmp_path: Path) -> None:
    told = history.settings(small_job(tmp_path / "set", start_from=str(tmp_path / "model"), gamma=7.0))

    assert told["gamma"] == 7.0
    assert str(tmp_path) not in json.dumps(told)


def test_earlier_pieces_come_first(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "model"
    shutil.copytree(tiny_bundle, bundle)
    card = json.loads((bundle / "model.json").read_text())
    card["training"] = {"kimg": 2.0, "before": [{"name": "first", "kimg": 1.0}]}
    seal(bundle, card)

    found = history.before(str(bundle))

    assert [one["kimg"] for one in found] == [1.0, 2.0]
    assert "before" not in found[-1]
    assert history.before("") == history.before(str(tmp_path / "none")) == []
