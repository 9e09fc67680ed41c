"""What a run leaves on disk: checkpoints, snapshots, the model and how it came about."""
