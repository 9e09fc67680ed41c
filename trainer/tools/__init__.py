"""Measuring tools: benches and ablations. The command line imports them when asked."""
