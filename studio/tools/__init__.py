"""What measures and pictures the studio: benches, the soak, the screenshots. The studio never loads it.

The command line imports a tool when it is asked for; a bench runs in a child process of its own.
"""
