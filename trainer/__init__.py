"""Makes models: data, networks, training, judging and export. Needs torch; knows nothing of Qt."""
