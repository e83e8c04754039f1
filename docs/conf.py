"""How Sphinx builds the documentation: `make docs`. Nothing is fetched, neither while it builds nor by who reads it."""

# ruff: noqa: INP001 - a script of Sphinx's

import re
import textwrap
from typing import cast

from sphinx.application import Sphinx

from qovery_provider import __version__

project = "qovery-provider"
author = "The qovery-provider authors"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
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
    (r"py:.*", r"(pulumi|collections|typing|abc|datetime)\..*"),
    (r"py:.*", r"(Any|Mapping|Sequence|Resource|RunError|Phase|qovery_provider\.(\w+\.)?_.*|None|optional)"),
]


def setup(app: Sphinx) -> None:
    """Show the picture of a diagram, and let docstrings be read as they are written."""
    app.connect("source-read", show_picture)
    app.connect("autodoc-process-docstring", show_code, priority=100)
    app.connect("autodoc-process-docstring", keep, priority=400)
    app.connect("autodoc-process-docstring", give_back, priority=600)


def show_picture(*arguments: object) -> None:
    """Show the picture that `docs.generate.pages` has drawn: GitHub draws a Mermaid fence, Sphinx does not."""
    page = cast("list[str]", arguments[-1])
    picture = "```{image} images/machine.svg\n:alt: The stages of a cancellation, as a graph\n:class: mermaid\n```"
    page[0] = re.sub("^```mermaid\n.*?^```$", picture, page[0], flags=re.DOTALL | re.MULTILINE)


kept: dict[object, list[str]] = {}


def keep(*arguments: object) -> None:
    """Keep an attribute's docstring from napoleon, which would take the words before a colon for a type."""
    _, what, name, _, _, lines = arguments
    if what == "attribute" and isinstance(lines, list):
        kept[name] = list(lines)


def give_back(*arguments: object) -> None:
    """Undo what napoleon made of an attribute's docstring."""
    _, _, name, _, _, lines = arguments
    if name in kept and isinstance(lines, list):
        lines[:] = kept.pop(name)


def show_code(*arguments: object) -> None:
    """Mark what is set in, after an empty line, as code; the sections of docstrings have no such line."""
    lines = cast("list[str]", arguments[-1])
    marked, is_code = list[str](), False
    for number, line in enumerate(lines):
        is_set_in = line.startswith("    ")
        if is_set_in and not is_code and number and not lines[number - 1].strip() and not marked_section(lines, number):
            marked += [".. code-block:: python" if "└" not in "".join(lines) else ".. code-block:: text", ""]
            is_code = True
        elif line.strip() and not is_set_in:
            is_code = False
        marked.append(line)
    lines[:] = textwrap.dedent("\n".join(marked)).split("\n")


def marked_section(lines: list[str], number: int) -> bool:
    """Whether the nearest line further up that is not set in opens a section such as "Args:"."""
    above = (line for line in reversed(lines[:number]) if line.strip() and not line.startswith(" "))
    return next(above, "") in {"Args:", "Attributes:", "Raises:", "Returns:", "Yields:"}
