"""The style library beside the canvas: cards to choose, mix, order and look into."""
