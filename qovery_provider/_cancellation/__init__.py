"""Decides what happens to a deployment, and puts it into words: the pure core.

Events in, actions out. It knows no client, no clock and no thread, and nothing here has a side effect.
"""
