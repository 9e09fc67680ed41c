"""What the window shows, without the window: objects that hold values and say when they change.

A property `x` that views bind has a signal `x_changed`. Nothing here waits, draws, or knows a worker: what
takes time is given to a `library.tasks.Runner` that was passed in.
"""
