"""What keeps the window fluid: when work is done on the Qt thread, and how much of it at a time.

**The budget.** A picture follows the hand 60 times a second, so a frame has 16 ms, and that includes what the
generator's thread needs of the same processors. Whatever else happens, the window never stands still for
longer than 50 ms (`STANDSTILL_MS`); `persona bench --studio` measures both.

**Who spends it.** The hand comes first, then its picture, what is around it, and what nobody asked for yet:

    latency          estimates how the hand moves and how long previews take; the generator's thread decides
                     by it whether to wait, to render at low resolution, or to serve its queue
    thread_priority  the window goes before its pictures, and both before a training
    garbage          Python's collector looks at rest, for it halts every thread
    style_sheets     another theme reaches what is seen part by part, and hidden parts when they are shown
    staged_drawing   a page that is shown is drawn part by part, under covers
    tile_pixmaps     thumbnails are made ready to paint within a share of the frame; the rest in the next one
    prebuild         pages and overlays that nobody opened yet are built step by step while nothing is done

**How a view takes part.** It never waits: files, thumbnails and pictures come from `studio.workers`.

1. A page lists its `parts`, which are given to `Theme.add_part` one by one; no style sheet is on the window.
2. What takes more than a few milliseconds to build is made in steps (`fill_next`). The window prebuilds them
   when it is idle; those that are left are taken when somebody opens it.
3. A page with several large parts lays `StagedDrawing` over them when it is shown. What lies over the window
   is an `Overlay`, which comes and goes strip by strip (`studio.views.kit.overlay_transition`).
4. What is drawn with every frame takes a `budget` in seconds and says `behind` when something is left for the
   next (`TilePixmapCache`; the explorer's `MapGround`). It updates the region that changed, not the widget.
5. `tests/studio/views/test_never_waits.py` opens it; `studio/tools/operations.py` times it.
"""

STANDSTILL_MS = 50.0
"""The window promises never to stand still for longer."""
