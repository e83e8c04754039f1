"""What a cancellation costs, beside its rivals and beside the least that it can cost: `python -m benchmarks`."""
