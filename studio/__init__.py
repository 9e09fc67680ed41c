"""The desktop studio and its command line: PySide6, no torch."""
