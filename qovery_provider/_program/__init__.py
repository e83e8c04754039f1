"""What runs in the user's program: the resources as they are typed, the functions, and the line that a preview shows.

It hands inputs on and decides nothing: their meaning is defined in `_lifecycle`. It knows Pulumi's SDK, and neither
HTTP nor threads.
"""
