"""The pure core: decides what happens to a deployment, and puts it into words.

Events in, actions out. It knows no client, no clock and no thread, and nothing here has a side effect.
"""
