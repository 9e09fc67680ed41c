"""From a folder of pictures to a training set: found, aligned, judged, without duplicates, split, reported.

The way through: `find` walks the folder, `crops` cuts faces or whole pictures, `judge` measures them,
`duplicates` finds what is shown twice, `split` holds some back, `prepare` runs it all and writes the folder,
`report` tells the user. `prepared` reads the result. Nothing here needs torch, so it starts at once.
"""

from __future__ import annotations

from trainer.data.errors import DataError
from trainer.data.prepared import DecodedPictures, PreparedPicture, PreparedSet

__all__ = ["DataError", "DecodedPictures", "PreparedPicture", "PreparedSet"]
