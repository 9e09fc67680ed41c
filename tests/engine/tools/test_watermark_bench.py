from __future__ import annotations

from pathlib import Path

import pytest

from engine.images import save_picture
from engine.tools import watermark_bench
from tests.engine.marks.test_watermark import drawn


def test_the_table_tells_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        save_picture(tmp_path / f"{number}.png", drawn(128, number))
    options = ["--side", "128", "--count", "1", "--unmarked", "3"]
    assert watermark_bench.main([str(tmp_path), *options]) == 0
    said = capsys.readouterr().out
    assert "PSNR" in said and "false alarms a picture" in said
    assert all(name in said for name in watermark_bench.CHANGES)


def test_what_is_foretold_is_a_maximum_of_normal_deviations() -> None:
    assert watermark_bench.trials([0.0]) == pytest.approx(1)
    scores = [4.7, 4.8, 4.9, 5.0, 5.1]
    assert watermark_bench.false_alarms(scores) < 1e-6 < watermark_bench.false_alarms(scores, 5.5)
