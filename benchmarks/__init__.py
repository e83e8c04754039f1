"""The cost of a cancellation, compared with other tools and with the least possible: `python -m benchmarks`."""
