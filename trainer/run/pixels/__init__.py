"""Networks whose pictures are pixels: G, D, E and C of `trainer.model.networks`, their losses and phases."""
