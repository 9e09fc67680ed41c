"""The folder of a prepared set: what lies in it, and by which names."""

from __future__ import annotations

INDEX = "set.json"
"""Its pictures, with classes, splits and digests."""
LIST = "index.csv"
"""Instead of an index, in a set that somebody listed by hand."""
REPORT = "report.json"
"""What was kept, what was left out and why, and how varied it is."""
PAGE = "report.html"
"""The same, for people."""
DECISIONS = "overrides.json"
"""What the person puts back or leaves out, which the next preparation obeys."""
