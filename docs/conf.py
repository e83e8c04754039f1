"""How Sphinx builds the documentation: `make docs`. Nothing is fetched, neither while it builds nor by who reads it."""

# ruff: noqa: INP001 - a script of Sphinx's

import re
from typing import cast

from sphinx.application import Sphinx

from qovery_provider import __version__

project = "qovery-provider"
author = "The qovery-provider authors"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# Pages of Pulumi's registry, in its own dialect.
exclude_patterns = ["_index.md", "installation-configuration.md"]
html_theme = "furo"
html_title = "Qovery deployment cancellation for Pulumi"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["messages.css"]
myst_heading_anchors = 3
smartquotes = False
nitpicky = True

# In docstrings, names of code stand between single backticks, as in Markdown.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_display_short_literal_types = True
nitpick_ignore_regex = [
    (r"py:class", r"UUID|timedelta"),  # written as in the signature, without their modules
    # What is not ours: their inventories would have to be fetched.
    (r"py:.*", r"(pulumi|collections|typing|abc|datetime|uuid)\..*"),
    (r"py:.*", r"(Any|Mapping|Sequence|UUID|timedelta|Resource|RunError|Phase|None|optional)"),
    (r"py:.*", r"qovery_provider\.(\w+\.)?_.*"),
]


def setup(app: Sphinx) -> None:
    """Show the picture of a diagram."""
    app.connect("source-read", show_picture)


def show_picture(*arguments: object) -> None:
    """Show the picture that `docs.generate.pages` has drawn: GitHub draws a Mermaid fence, Sphinx does not."""
    page = cast("list[str]", arguments[-1])
    picture = "```{image} images/machine.svg\n:alt: The stages of a cancellation, as a graph\n:class: mermaid\n```"
    page[0] = re.sub("^```mermaid\n.*?^```$", picture, page[0], flags=re.DOTALL | re.MULTILINE)
