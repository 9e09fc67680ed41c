from __future__ import annotations

import pytest

from studio.views.explorer.geometry import FINEST, GAP, PITCH, GridPoint, MapView, lens_side


def view(x: float = 0.0, y: float = 0.0, zoom: float = 1.0) -> MapView:
    return MapView(x, y, zoom, 900, 600)


@pytest.mark.parametrize("zoom", [0.05, 0.3, 1.0, 1.7, 5.0, 64.0])
def test_tiles_are_of_a_size_that_can_be_seen(zoom: float) -> None:
    assert PITCH <= view(zoom=zoom).pitch < 2 * PITCH
    assert view(zoom=zoom).tile == view(zoom=zoom).pitch - GAP


def test_the_probe_is_in_the_middle() -> None:
    assert view(3.25, -1.5).to_pixels(3.25, -1.5) == (450, 300)


def test_pixels_and_map_are_inverse() -> None:
    there = view(3.0, 2.0, 2.5)
    assert there.to_map(*there.to_pixels(3.1, 1.7)) == pytest.approx((3.1, 1.7))


def test_the_nearest_come_first_and_all_are_in_sight() -> None:
    there = view(0.2, 0.1)
    points = there.points()
    distances = [(p.x - 0.2) ** 2 + (p.y - 0.1) ** 2 for p in points]
    assert distances == pytest.approx(sorted(distances))
    for point in points:
        x, y = there.to_pixels(point.x, point.y)
        assert -there.pitch < x < 900 + there.pitch
        assert -there.pitch < y < 600 + there.pitch


def test_what_lies_under_the_lens_is_left_out() -> None:
    hidden = view().points(hidden=400)
    assert GridPoint(0, 0) not in hidden
    assert set(hidden) < set(view().points())


def test_zooming_in_keeps_the_points_and_adds_between() -> None:
    """So thumbnails that are there already stay in their places."""
    coarse, fine = view(zoom=1.0), view(zoom=2.0)
    inside = {p for p in coarse.points(margin=0) if abs(p.x) < 1 and abs(p.y) < 0.7}
    assert inside <= set(fine.points())
    assert fine.step == coarse.step / 2


def test_points_have_exact_names() -> None:
    assert GridPoint(3 << (FINEST - 2), 0).x == 0.75


def test_the_lens_fits() -> None:
    for width, height in ((320, 320), (900, 600), (2400, 1400)):
        assert lens_side(width, height, large=False) <= min(width, height)
        assert lens_side(width, height, large=True) <= min(width, height)
        assert lens_side(width, height, large=False) % 8 == 0
