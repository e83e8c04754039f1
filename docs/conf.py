"""Sphinx's settings for `make docs`. Nothing is fetched, neither during the build nor by a reader's browser."""

# ruff: noqa: INP001 - Sphinx runs it as a script

import re
from typing import cast

from sphinx.application import Sphinx

from qovery_provider import __version__

project = "qovery-provider"
author = "The qovery-provider authors"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# These are pages for Pulumi's registry, in its own dialect of Markdown.
exclude_patterns = ["_index.md", "installation-configuration.md"]
html_theme = "furo"
html_title = "Qovery deployment cancellation for Pulumi"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["messages.css"]
myst_heading_anchors = 3
smartquotes = False
nitpicky = True

# In docstrings, code is written between single backticks, as in Markdown.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_display_short_literal_types = True
nitpick_ignore_regex = [
    (r"py:class", r"UUID|timedelta"),  # written as in the signature, without their modules
    # Names from other projects: their inventories would have to be fetched.
    (r"py:.*", r"(pulumi|collections|typing|abc|datetime|uuid)\..*"),
    (r"py:.*", r"(Any|Mapping|Sequence|UUID|timedelta|Resource|RunError|Phase|None|optional)"),
    (r"py:.*", r"qovery_provider\.(\w+\.)?_.*"),
]


def setup(app: Sphinx) -> None:
    """Register the replacement of diagrams by pictures."""
    app.connect("source-read", show_picture)


def show_picture(*arguments: object) -> None:
    """Replace a Mermaid fence, which GitHub draws and Sphinx does not, by the picture from `docs.generate.pages`."""
    page = cast("list[str]", arguments[-1])
    picture = "```{image} images/machine.svg\n:alt: The stages of a cancellation, as a graph\n:class: mermaid\n```"
    page[0] = re.sub("^```mermaid\n.*?^```$", picture, page[0], flags=re.DOTALL | re.MULTILINE)
