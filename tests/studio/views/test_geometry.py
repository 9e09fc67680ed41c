from __future__ import annotations

import pytest

from studio.views.explorer.geometry import (
    FINEST,
    GAP,
    LOUPE,
    MAP_PITCH,
    PITCH,
    GridPoint,
    MapView,
    inside,
    least_zoom,
    lens_side,
    loupe,
    nearest,
)


def view(x: float = 0.0, y: float = 0.0, zoom: float = 1.0) -> MapView:
    return MapView(x, y, zoom, 900, 600)


@pytest.mark.parametrize("zoom", [0.5, 1.0, 1.7, 5.0, 64.0])
def test_tiles_are_of_a_size_that_can_be_seen(zoom: float) -> None:
    assert PITCH <= view(zoom=zoom).pitch < 2 * PITCH
    assert view(zoom=zoom).tile == view(zoom=zoom).pitch - GAP


@pytest.mark.parametrize("zoom", [0.05, 0.07, 0.1, 0.3, 0.49])
def test_the_map_shows_whole_people_and_fewer_of_them_far_out(zoom: float) -> None:
    there = view(zoom=zoom)
    assert there.is_map
    assert there.step >= 1.0
    assert there.pitch >= MAP_PITCH
    assert there.tile > 0.9 * there.pitch - 1


def test_zooming_into_the_map_keeps_the_people_and_adds_between() -> None:
    far, near = view(zoom=0.09), view(zoom=0.2)
    assert far.step == 2 * near.step or far.step == 4 * near.step
    seen = {p for p in far.points(margin=0) if abs(p.x) < 8 and abs(p.y) < 6}
    assert seen <= set(near.points())


def test_what_lies_under_a_pixel_is_found() -> None:
    there = view(3.2, 1.1, 0.3)
    for point in there.points(margin=0)[::7]:
        assert there.point_at(*there.to_pixels(point.x, point.y)) == point
    x, y = there.to_pixels(3.0, 1.0)
    assert there.point_at(x + there.pitch / 2, y) is None, "the gap between two"


def test_a_whole_chart_is_in_view_far_out() -> None:
    for width, height in ((780, 740), (1900, 700), (500, 1400)):
        zoom = least_zoom(width, height)
        there = MapView(0, 0, zoom, width, height)
        assert width / there.scale <= 64.01
        assert height / there.scale <= 48.01
        assert there.is_map


@pytest.mark.parametrize("at", [(450, 300), (0, 0), (900, 600), (5, 590), (450, 20)])
def test_the_loupe_hangs_at_its_place_and_stays_in_view(at: tuple[float, float]) -> None:
    left, top, side = loupe(900, 600, *at)
    assert LOUPE[0] <= side <= LOUPE[1]
    assert 0 <= left <= 900 - side and 0 <= top <= 600 - side
    assert not (left < at[0] < left + side and top < at[1] < top + side) or at in ((900, 600),)


def test_copies_of_a_place_on_a_map_that_repeats() -> None:
    assert nearest(1.0, 63.0, 64) == 65.0
    assert nearest(1.0, 3.0, 64) == 1.0
    assert nearest(1.0, 900.0, None) == 1.0


def test_a_lasso_knows_its_inside() -> None:
    lasso = [(0, 0), (10, 0), (10, 10), (5, 2), (0, 10)]
    assert inside(lasso, 1, 5) and inside(lasso, 9, 5) and inside(lasso, 5, 1)
    assert not inside(lasso, 5, 6) and not inside(lasso, 11, 5)


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
