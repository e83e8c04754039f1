"""The version, in the one place where it stands; it must import nothing, for the build reads it."""

__version__ = "0.1.0"
