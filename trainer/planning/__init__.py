"""Before a run: the job, what it costs on this device, and whether it fits."""
