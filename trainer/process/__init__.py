"""The process that trains: its device and memory, the others beside it, and what it is told from outside."""
