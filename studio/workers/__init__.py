"""What takes time, away from the Qt thread: the generator, files, thumbnails, the trainer's process.

Results come back to the Qt thread as signals or callbacks.
"""
