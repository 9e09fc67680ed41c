"""What passes between processes and what lies on disk: values, their spelling as JSON, and strict reading.

Everybody may import from here. This package imports only itself and Python's standard library, so that nobody
needs torch, numpy or Qt to read a file or a line of another process.
"""
