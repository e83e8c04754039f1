"""The version, in one place; this file must import nothing, since the build reads it."""

__version__ = "0.1.0"
