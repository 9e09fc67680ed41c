"""What the studio keeps on disk: pictures, styles, settings, the search index. No Qt.

Files are the truth. The index over them can be thrown away and is rebuilt.
"""
