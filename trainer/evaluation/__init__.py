"""Judging a model: how real, how varied, how true to a style its pictures are, and whether it copies.

Every figure stands beside the same figure for real pictures against real pictures, which is the best that can
be had. What features are taken from (`mobilenet`, `probe`) no network that is trained here has seen.

    lookup.py, progress.py              what `evaluate` on the command line needs besides
    evaluate.py                         the whole evaluation of a bundle: its steps and its report
    context.py, real.py, samples.py     what every step works with
    quality.py, heldout.py,             the steps: against held-out pictures, in held-out styles, in styles
    ownstyles.py, promises.py           from the library, and what a model promises of itself
    kid.py, neighbours.py, spread.py,   the figures themselves
    agreement.py, classes.py, faithful.py
    readings.py, page.py, plots.py      the report for people
    incard.py                           the figures in the model's own card
    quick.py, snapshot_judge.py,        a quick judgement, for choosing among snapshots while a model trains
    selection.py
"""
