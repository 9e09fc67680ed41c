"""The networks, and what belongs to them."""
