"""The explorer page: the map with the picture under the probe, controls, history and what was kept."""
