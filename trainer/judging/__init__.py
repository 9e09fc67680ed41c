"""Judging a model: how real, how varied, how true to a style its pictures are, and whether it copies.

Every figure stands beside the same figure for real pictures against real pictures, which is the best that can
be had. The eyes (`mobilenet`, `probe`) are networks that nothing which is trained here has looked through.

    evaluate.py   the whole evaluation of a bundle, step by step
    quick.py      a quick judgement of a few hundred pictures, for choosing among snapshots
    kid.py, neighbours.py, spread.py, agreement.py, classes.py, faithful.py      the figures
    page.py, plots.py                                                            the report for people
"""
