"""The canvas by mouse, wheel and key, on a scripted renderer: walk, map, probe, lasso."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QImage, QPainter, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.chart import PEOPLE, Chart
from engine.latent import lattice_seed
from engine.recipe import Recipe
from studio.state.explorer import Explorer
from studio.state.pixels import to_image
from studio.views.actions import Actions
from studio.views.explorer.canvas import Canvas
from studio.views.explorer.geometry import MAP_ZOOM, GridPoint
from studio.views.explorer.tiles import TileField
from studio.views.explorer.tools import CanvasTools
from studio.views.look import Look
from studio.views.pictures import to_array
from tests.studio.views.test_tiles import Renderer

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
MODEL = "m"


def chart() -> Chart:
    people = [lattice_seed(PEOPLE, i, j) for j in range(48) for i in range(64)]
    return Chart(MODEL, np.asarray(people, np.uint32).reshape(48, 64))


@pytest.fixture
def explorer(qtbot: QtBot) -> Explorer:
    explorer = Explorer()
    explorer.set_model(MODEL)
    explorer.take_chart(chart())
    explorer.move_to(20.0, 20.0)
    return explorer


@pytest.fixture
def canvas(qtbot: QtBot, look: Look, explorer: Explorer) -> Iterator[Canvas]:
    canvas = Canvas(look, explorer, TileField(Renderer()))
    canvas.calm = True
    qtbot.addWidget(canvas)
    canvas.resize(800, 640)
    canvas.show()
    yield canvas
    canvas.hide()


def wheel(canvas: Canvas, turns: int, at: QPoint) -> None:
    place = QPointF(at)
    event = QWheelEvent(
        place,
        QPointF(canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def drag(
    canvas: Canvas, *trail: tuple[int, int], keys: Qt.KeyboardModifier = NONE, let_go: bool = True
) -> None:
    points = [QPoint(*point) for point in trail]
    QTest.mousePress(canvas, LEFT, keys, points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
    if let_go:
        QTest.mouseRelease(canvas, LEFT, keys, points[-1])


def at(canvas: Canvas, x: float, y: float) -> tuple[int, int]:
    px, py = canvas.outlook.view.to_pixels(x, y)
    return round(px), round(py)


def test_zooming_out_turns_the_walk_into_the_map_and_back(canvas: Canvas, explorer: Explorer) -> None:
    told: list[bool] = []
    canvas.outlook.turned.connect(told.append)
    recipe = explorer.recipe
    lens = canvas.outlook.lens
    for _ in range(4):
        wheel(canvas, -1, QPoint(100, 100))
    assert canvas.outlook.is_map and told == [True]
    assert canvas.outlook.lens.width() < lens.width()
    assert canvas.outlook.probe == QPointF(400, 320), "the map opens around the probe"
    for _ in range(40):
        wheel(canvas, -1, QPoint(100, 100))
    assert explorer.zoom == pytest.approx(canvas.outlook.least_zoom)
    assert explorer.recipe == recipe, "looking changes nothing"
    canvas.zoom_by(100.0)
    assert not canvas.outlook.is_map and told == [True, False]
    assert explorer.recipe == recipe, "by key one comes down where one was"


def test_one_key_shows_the_whole_map_and_one_lands_as_close_as_before(
    canvas: Canvas, explorer: Explorer
) -> None:
    explorer.zoom = 2.5
    canvas.outlook.toggle_map()
    assert explorer.zoom == pytest.approx(canvas.outlook.least_zoom)
    view = canvas.outlook.view
    assert view.width / view.scale <= 64.01 and view.height / view.scale <= 48.01
    canvas.outlook.toggle_map()
    assert explorer.zoom == pytest.approx(2.5)
    assert (explorer.x, explorer.y) == (20.0, 20.0)


def test_on_the_map_the_wheel_zooms_about_the_pointer(canvas: Canvas, explorer: Explorer) -> None:
    canvas.outlook.toggle_map()
    pointer = QPoint(620, 150)
    before = canvas.outlook.view.to_map(620, 150)
    wheel(canvas, 2, pointer)
    assert canvas.outlook.view.to_map(620, 150) == pytest.approx(before)
    assert (explorer.x, explorer.y) == (20.0, 20.0)


def test_zooming_into_somebody_goes_there(canvas: Canvas, explorer: Explorer) -> None:
    explorer.zoom = 0.45
    px, py = at(canvas, 23.0, 21.0)
    wheel(canvas, 2, QPoint(px, py))
    assert not canvas.outlook.is_map
    assert (explorer.x, explorer.y) == (23.0, 21.0)


def test_dragging_the_map_looks_elsewhere(canvas: Canvas, explorer: Explorer) -> None:
    canvas.outlook.toggle_map()
    before, place = canvas.outlook.view, explorer.place
    drag(canvas, (100, 560), (160, 520), (220, 500))
    assert explorer.place == place
    assert canvas.outlook.view.x == pytest.approx(before.x - 120 / before.scale)
    assert canvas.outlook.view.y == pytest.approx(before.y + 60 / before.scale)


def test_dragging_the_picture_shows_what_lies_under_it(canvas: Canvas, explorer: Explorer) -> None:
    canvas.outlook.toggle_map()
    settled: list[object] = []
    seen: list[Recipe] = []
    explorer.settled.connect(settled.append)
    explorer.recipe_changed.connect(seen.append)
    x, y = round(canvas.outlook.lens.center().x()), round(canvas.outlook.lens.center().y())
    view = canvas.outlook.view
    drag(canvas, (x, y), (x + 40, y), (x + 80, y - 30))
    assert explorer.x == pytest.approx(20.0 + 80 / view.scale)
    assert explorer.y == pytest.approx(20.0 - 30 / view.scale)
    assert canvas.outlook.view.x == view.x, "the map stays where it is"
    assert len(seen) == 2 and len(settled) == 1, "live, and one step back"


def test_a_click_on_the_map_goes_to_somebody(canvas: Canvas, explorer: Explorer) -> None:
    explorer.zoom = 0.3
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(*at(canvas, 24.0, 18.0)))
    assert (explorer.x, explorer.y) == (24.0, 18.0)
    assert explorer.recipe is not None and explorer.recipe.seed == chart().seed_at(24, 18)
    assert canvas.outlook.is_map
    QTest.mouseDClick(canvas, LEFT, NONE, QPoint(*at(canvas, 17.0, 21.0)))
    assert not canvas.outlook.is_map
    assert (explorer.x, explorer.y) == (17.0, 21.0)


def test_arrows_step_from_one_to_the_next_and_the_view_comes_along(
    canvas: Canvas, explorer: Explorer
) -> None:
    canvas.outlook.toggle_map()
    step = canvas.outlook.view.step
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert explorer.x == 20.0 + step
    explorer.move_by(0.0, 21.0)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert explorer.y == 41.0 + step
    assert canvas.rect().contains(canvas.outlook.probe.toPoint())


def test_the_probe_is_found_on_every_copy_of_the_chart(canvas: Canvas, explorer: Explorer) -> None:
    canvas.outlook.toggle_map()
    explorer.move_to(20.0 + 64 * 3, 20.0 - 48)
    assert canvas.outlook.probe == QPointF(400, 320)
    explorer.move_to(50.0, 45.0)
    assert canvas.rect().contains(canvas.outlook.probe.toPoint())


@pytest.mark.parametrize("zoom", [1.0, 0.3])
def test_a_lasso_chooses_what_lies_inside(canvas: Canvas, explorer: Explorer, zoom: float) -> None:
    explorer.zoom = zoom
    counts: list[int] = []
    canvas.selection.changed.connect(counts.append)
    drag(canvas, (5, 5), (790, 5), (790, 90), (5, 90), keys=SHIFT)
    view = canvas.outlook.view
    inside = {p for p in view.points() if 5 < view.to_pixels(p.x, p.y)[1] < 90}
    inside = {p for p in inside if 5 < view.to_pixels(p.x, p.y)[0] < 790}
    assert set(canvas.selection.points) == inside
    assert counts == [len(inside)]
    assert canvas.chosen_recipes() == [explorer.recipe_at(p.x, p.y) for p in canvas.selection.points]
    first = canvas.selection.points[0]
    QTest.mouseClick(canvas, LEFT, SHIFT, QPoint(*at(canvas, first.x, first.y)))
    assert first not in canvas.selection.points, "Shift and click adds and removes"
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.selection.points == ()


def test_the_lasso_tool_is_for_one_drag(canvas: Canvas, explorer: Explorer) -> None:
    told: list[bool] = []
    canvas.lasso_changed.connect(told.append)
    canvas.set_lasso(True)
    place = explorer.place
    drag(canvas, (5, 5), (400, 5), (400, 90), (5, 90))
    assert canvas.selection.points and explorer.place == place
    drag(canvas, (5, 5), (60, 5))
    assert explorer.place != place
    assert told == [True, False]


def test_everything_in_view_can_be_chosen_by_key(canvas: Canvas) -> None:
    canvas.choose_all()
    assert len(canvas.selection.points) == len(
        canvas.outlook.view.points(canvas.outlook.lens.width(), margin=0.0)
    )
    canvas.clear_chosen()
    canvas.set_large(True)
    canvas.choose_all()
    assert canvas.selection.points == ()


def test_pins_are_seen_and_clicked_on_the_map(canvas: Canvas, explorer: Explorer) -> None:
    explorer.move_to(26.0, 22.0)
    explorer.add_pin()
    explorer.move_to(20.0, 20.0)
    explorer.zoom = 0.3
    px, py = at(canvas, 26.0, 22.0)
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(px, py - 12))
    assert (explorer.x, explorer.y) == (26.0, 22.0)


def test_a_path_takes_the_picture_along(canvas: Canvas, explorer: Explorer) -> None:
    for x in (18.0, 24.0):
        explorer.move_to(x, 20.0)
        explorer.add_pin()
    explorer.zoom = 0.3
    canvas.show_way(True)
    canvas.outlook.travel(0, 1, 0.5)
    assert canvas.outlook.probe.x() == pytest.approx(canvas.outlook.view.to_pixels(21.0, 20.0)[0])
    canvas.outlook.arrive()
    assert canvas.outlook.probe.x() == pytest.approx(canvas.outlook.view.to_pixels(24.0, 20.0)[0])


@pytest.mark.parametrize("zoom", [1.0, MAP_ZOOM / 2, 0.07])
def test_it_is_drawn(qtbot: QtBot, canvas: Canvas, explorer: Explorer, zoom: float) -> None:
    """Every part of the scene, with tiles and without."""
    explorer.zoom = zoom
    explorer.add_pin()
    explorer.move_by(3.0, 1.0)
    explorer.add_pin()
    canvas.show_way(True)
    assert explorer.recipe is not None
    explorer.show(explorer.recipe, to_image(np.full((64, 64, 3), 200, np.uint8)), full=True)
    for asked in canvas._field._render.asked:  # type: ignore[attr-defined]
        asked.answer(32)
    drag(canvas, (5, 5), (300, 5), (300, 200), keys=SHIFT, let_go=False)
    image: QImage = canvas.grab().toImage()
    QTest.mouseRelease(canvas, LEFT, SHIFT, QPoint(5, 200))
    middle = canvas.outlook.lens.center().toPoint()
    assert image.pixelColor(middle).red() == 200
    assert {image.pixelColor(x, 60).rgb() for x in range(0, 800, 7)} != {image.pixelColor(0, 60).rgb()}


def test_hovering_shows_what_a_click_would_choose(canvas: Canvas, explorer: Explorer) -> None:
    explorer.zoom = 0.3
    QTest.mouseMove(canvas, QPoint(*at(canvas, 24.0, 18.0)))
    assert canvas._hover == GridPoint(24 << 10, 18 << 10)
    assert canvas.cursor().shape() is Qt.CursorShape.PointingHandCursor
    QTest.mouseMove(canvas, canvas.outlook.lens.center().toPoint())
    assert canvas.cursor().shape() is Qt.CursorShape.OpenHandCursor


class Paints(QObject):
    """Which widgets are drawn."""

    def __init__(self, *watched: QWidget) -> None:
        super().__init__()
        self.drawn: list[QObject] = []
        for widget in watched:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.drawn.append(watched)
        return False


def test_the_tools_are_not_drawn_anew_with_every_frame(
    canvas: Canvas, explorer: Explorer, look: Look, qtbot: QtBot
) -> None:
    tools = CanvasTools(look, Actions(look, canvas), canvas)
    tools.show()
    qtbot.waitUntil(lambda: tools.width() > 200 and tools.y() > 0)
    qtbot.wait(50)
    buttons = [*tools.buttons.values(), tools.keep, tools.random]
    paints = Paints(canvas, *buttons)
    explorer.begin_move()
    for _ in range(4):
        explorer.move_by(0.2, 0.1)
        qtbot.wait(40)
    explorer.end_move()
    canvas.frames.draw()
    qtbot.waitUntil(lambda: canvas in paints.drawn)
    assert [one for one in paints.drawn if one is not canvas] == []
    hidden = tools.cover()
    assert hidden.contains(tools.geometry().center())
    assert not hidden.contains(tools.geometry().topLeft()), "the corners are round"
    tools.hide()
    assert tools.cover().isEmpty()


class Backing:
    """What is on the screen, as it is drawn anew part by part."""

    def __init__(self, canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> None:
        self._canvas = canvas
        self.image = canvas.grab().toImage()
        self.regions: list[QRegion] = []
        monkeypatch.setattr(canvas, "update", self._draw)

    def _draw(self, region: QRegion) -> None:
        self.regions.append(region)
        painter = QPainter(self.image)
        self._canvas.render(painter, region.boundingRect().topLeft(), region)
        painter.end()


@pytest.mark.parametrize("zoom", [1.0, MAP_ZOOM / 2])
def test_what_is_drawn_part_by_part_is_what_is_drawn_at_once(
    canvas: Canvas, explorer: Explorer, zoom: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer.zoom = zoom
    for asked in canvas._field._render.asked:  # type: ignore[attr-defined]
        asked.answer(32)
    backing = Backing(canvas, monkeypatch)
    for k, step in enumerate((0.0, 0.4, 0.4, 0.0, -0.9)):
        if canvas.outlook.is_map:
            explorer.move_by(step, step / 2)
        assert explorer.recipe is not None
        picture = np.full((32, 32, 3), 40 * k, np.uint8)
        explorer.show(explorer.recipe, to_image(picture), full=False)
    area = canvas.rect()
    assert all(region.boundingRect().width() < area.width() / 1.2 for region in backing.regions), "parts"
    canvas.frames.draw()
    monkeypatch.undo()
    whole = canvas.grab().toImage()
    apart = np.abs(to_array(backing.image).astype(int) - to_array(whole).astype(int)).max(axis=2)
    assert np.count_nonzero(apart > 8) == 0


@pytest.mark.parametrize("calm", [True, False])
def test_what_comes_one_by_one_looks_as_if_drawn_at_once(
    qtbot: QtBot, canvas: Canvas, calm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thumbnails that arrive and fade in are drawn alone, and to the end."""
    canvas.calm = calm
    backing = Backing(canvas, monkeypatch)
    for asked in canvas._field._render.asked:  # type: ignore[attr-defined]
        asked.answer(32)
        qtbot.wait(12)
    qtbot.waitUntil(lambda: not canvas.frames.fading and not canvas.behind)
    field = canvas.width() * canvas.height()
    drawn = [sum(r.width() * r.height() for r in region) for region in backing.regions]
    assert len(drawn) > 4 and sorted(drawn)[len(drawn) // 2] < field / 4
    monkeypatch.undo()
    whole = canvas.grab().toImage()
    apart = np.abs(to_array(backing.image).astype(int) - to_array(whole).astype(int)).max(axis=2)
    assert np.count_nonzero(apart > 8) == 0


@pytest.mark.parametrize("size", [(801, 641), (800, 641), (801, 640)])
def test_the_picture_lies_on_whole_pixels(canvas: Canvas, size: tuple[int, int]) -> None:
    """An edge that covers half a pixel would keep something of every picture drawn before."""
    canvas.resize(*size)
    for large in (False, True):
        canvas.set_large(large)
        assert canvas.outlook.lens == QRectF(canvas.outlook.lens.toAlignedRect())


def test_focus_by_mouse_draws_nothing_anew(canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> None:
    backing = Backing(canvas, monkeypatch)
    for reason in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.OtherFocusReason):
        QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusIn, reason))
        QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut, reason))
    assert backing.regions == []
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert backing.regions


def test_a_tool_that_looks_different_draws_no_thumbnails_anew(
    canvas: Canvas, explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies under a button would take as long as a whole frame, on top of that frame."""
    explorer.zoom = 0.2
    drawn: list[QRectF] = []
    monkeypatch.setattr(canvas._scene, "_paint_tile", lambda painter, rect, *_: drawn.append(rect))
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    canvas._scene.paint(painter, canvas._sight(), QRegion(560, 560, 32, 32), 1.0)
    assert drawn == [] and canvas.behind
    canvas._scene.paint(painter, canvas._sight(), QRegion(canvas.rect()), 1.0)
    assert drawn
    painter.end()


def test_shown_again_it_draws_what_is_baked(qtbot: QtBot, canvas: Canvas, explorer: Explorer) -> None:
    """Only a zoom that changes draws thumbnails of all sizes."""
    canvas.outlook.calm = False
    explorer.zoom *= 1.2
    assert canvas.outlook.zooming
    qtbot.waitUntil(lambda: not canvas.outlook.zooming)
    canvas.hide()
    canvas.show()
    assert not canvas.outlook.zooming
