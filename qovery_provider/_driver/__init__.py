"""Runs cancellations to their end: the calls that they ask for, side by side, each at its time.

It knows threads and the client, and no Pulumi. What is to be done next is decided in `_cancellation`.
"""
