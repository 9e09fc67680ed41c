"""A training run: its phases, its losses, its loop, and what guards it."""
