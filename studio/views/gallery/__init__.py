"""The gallery page: everything that was kept, and what can be done with it."""
