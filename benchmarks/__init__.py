"""What a cancellation costs, compared with its rivals and with the least possible: `python -m benchmarks`."""
