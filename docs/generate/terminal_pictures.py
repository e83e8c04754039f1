"""Pictures of a real terminal for the README: preview, up and refresh of the root project on a simulator.

`python -m docs.generate.terminal_pictures` runs Pulumi in a pseudo-terminal, lets a terminal emulator show what it
writes, and draws what is on the screen: at the end, and in the middle of the wait. The pictures fetch no fonts.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

import pyte
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from qovery_provider.simulator import Plan, QoverySimulator
from tests.support.stack import Stack, engine_folder

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images"

ENVIRONMENT = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
COLUMNS, LINES = 176, 200
SETTINGS = {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}

COMMANDS = ("preview", "up --yes --skip-preview", "refresh --yes --skip-preview --diff")
RUNNING = Plan(phases=(("BUILDING", 3600.0),), cancel_delay=8.0)
WAITING = Plan(phases=(("BUILDING", 3600.0),), cancel_delay=0.0)
COLORS = {"brown": "yellow", "brightbrown": "bright_yellow"}
PALETTE = (
    "374151 f87171 4ade80 facc15 60a5fa d8b4fe 5eead4 d1d5db 6b7280 fca5a5 86efac fde047 93c5fd e9d5ff 99f6e4 ffffff"
)
"""The sixteen colors, the bright ones last."""


OURS = dict(zip(pyte.graphics.FG_BG_256, PALETTE.split(), strict=False))
"""The emulator gives the sixteen as xterm has them."""


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color)
    return red, green, blue


SIXTEEN = [_rgb(color) for color in PALETTE.split()]
THEME = TerminalTheme(_rgb("111827"), _rgb("e5e7eb"), SIXTEEN[:8], SIXTEEN[8:])
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>{title}</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  line-height: {line_height}px; font-variant-east-asian: full-width }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
</defs>
<rect fill="#111827" width="{width}" height="{height}" rx="8"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Terminal:
    """A screen on which programs write, and which can be drawn."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    def type(self, command: str) -> None:
        """Show a command as if a user had typed it."""
        self._stream.feed(f"\x1b[1m$ {command}\x1b[0m\r\n".encode())

    def run(self, command: list[str], where: Path, environment: Mapping[str, str], watch: Callable[[], None]) -> None:
        """Run a command on this screen; `watch` is called after each change."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        process = subprocess.Popen(
            command, cwd=where, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        while (ready := select.select([ours], [], [], 0.1)[0]) or process.poll() is None:
            if ready:
                try:
                    self._stream.feed(os.read(ours, 65536))
                except OSError:  # the other end is closed
                    break
                watch()
        os.close(ours)
        if process.wait():
            sys.exit(f"{' '.join(command)} failed:\n\n{self.text()}")

    def text(self) -> str:
        """Return what is on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def draw(self, title: str) -> str:
        """Return what is on the screen as an SVG."""
        lines = self.text().splitlines()
        width = max(map(len, lines))
        console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
        for number in range(len(lines)):
            console.print(self._line(number), no_wrap=True, crop=True)
        console.print()
        svg = console.export_svg(theme=THEME, code_format=SVG.replace("{title}", title), unique_id="terminal")
        return re.sub(r' clip-path="url\(#terminal-line-\d+\)"', "", svg)

    def _line(self, number: int) -> Text:
        line = Text()
        row = self._screen.buffer[number]
        for style, letters in groupby((row[column] for column in range(COLUMNS)), _style):
            line.append("".join(letter.data for letter in letters), style)
        line.rstrip()
        return line


def _style(letter: pyte.screens.Char) -> Style:
    return Style(
        color=_color(letter.fg),
        bgcolor=_color(letter.bg),
        bold=letter.bold,
        italic=letter.italics,
        underline=letter.underscore,
        reverse=letter.reverse,
    )


def _color(name: str) -> Color | None:
    if name == "default":
        return None
    is_hex = len(name) == len("rrggbb") and all(letter in "0123456789abcdef" for letter in name)
    return Color.parse(f"#{OURS.get(name, name)}" if is_hex else COLORS.get(name, name.replace("bright", "bright_")))


def main() -> None:
    """Run preview, up and refresh, and draw them."""
    engine = engine_folder([sys.executable, str(ROOT / "tools/pulumi_cli/ensure.py")])
    with tempfile.TemporaryDirectory() as folder, QoverySimulator() as qovery:
        environment = qovery.world.add_environment(id=ENVIRONMENT)
        environment.deploy(RUNNING)
        environment.enqueue(WAITING)
        stack = Stack(Path(folder), engine, qovery)
        _place(stack)
        terminal, waiting = Terminal(), ""

        def watch() -> None:
            nonlocal waiting
            if "queued behind the deployment" in terminal.text():
                waiting = waiting or terminal.draw("pulumi up, while it waits")

        for command in COMMANDS:
            terminal.type(f"pulumi {command}")
            terminal.run(["pulumi", *command.split()], stack.program, {**stack.environment, **SETTINGS}, watch)
            if command.startswith("up"):
                environment.cancel()  # another user stops the next one, for the refresh to show it
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / "session.svg").write_text(terminal.draw("pulumi preview, pulumi up, pulumi refresh"))
        (IMAGES / "waiting.svg").write_text(waiting or sys.exit("the terminal never showed who is queued"))
    print(terminal.text())


def _place(stack: Stack) -> None:
    """Make the root project the stack's program."""
    stack.clear()
    stack.program.mkdir()
    shutil.copy(ROOT / "__main__.py", stack.program)
    project = (ROOT / "Pulumi.yaml").read_text().replace("virtualenv: .venv", f"virtualenv: {sys.prefix}")
    (stack.program / "Pulumi.yaml").write_text(project)
    stack.checked("stack", "init", "dev")
    stack.checked("config", "set", "environmentId", ENVIRONMENT)


if __name__ == "__main__":
    main()
