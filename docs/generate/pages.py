"""The parts of the documentation that are made from the code, so that they always agree with it.

`python -m docs.generate.pages` rewrites them, and the plugin's schema as well; a test compares them with the files in
`docs/`. These are: the states and what they lead to, the machine as a diagram and as tables, the tables of inputs and
outputs, and the message below each heading that names an outcome or an error.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

from docs.generate import machine, samples, tables
from docs.generate.machine import Step
from docs.generate.tables import table
from qovery_provider._cancellation import actions, events
from qovery_provider._cancellation.model import Sent, Stage
from qovery_provider._hosts.plugin import schema
from qovery_provider._lifecycle.deployment_cancellation import DeploymentCancellationLifecycle
from qovery_provider._qovery.states import STATES, Phase

DOCS = Path(__file__).parents[1]
PICTURE = DOCS / "images/machine.svg"
SCHEMA = DOCS.parent / "plugin/schema.json"
PAGES = sorted(DOCS.glob("*.md"))


# The states.


def states() -> str:
    """Return the table of the states."""
    rows = []
    for phase in Phase:
        names = [name for name, phase_of_it in STATES.items() if phase_of_it is phase]
        all_names = ", ".join(f"`{name}`" for name in names) or "any other"
        one = names[0] if names else "A_NEW_STATE"
        rows.append([all_names, phase.name.lower(), _after(one, Sent.NOT_SENT), _after(one, Sent.ACCEPTED)])
    return table(
        [
            "state of the deployment",
            "phase",
            "next action, before a cancel",
            "next action, after the cancel was accepted",
        ],
        rows,
    )


def _after(state: str, sent: Sent) -> str:
    request = machine.ANY if sent is Sent.NOT_SENT else machine.PINNED
    story = ((state, events.StatusRead(machine.status(state)), 0.0),)
    return machine.next_action(machine.told(request, story, sent))


# The machine as a diagram.


def diagram() -> str:
    """Return the stages and what leads from one to the next, as Mermaid."""
    lines = ["stateDiagram-v2", f"    [*] --> {Stage.FINDING_TARGET.name}"]
    lines += [f"    {stage.name}: {stage.value}" for stage in Stage]
    for here in Stage:
        for there in Stage:
            steps = [step for step in machine.steps() if (step.stage, step.next_stage) == (here, there)]
            if steps and here is not there and (there is not Stage.FINISHED or here is Stage.WAITING):
                lines.append(f"    {here.name} --> {there.name}" + _label(steps))
    return "\n".join(lines)


def _label(steps: list[Step]) -> str:
    """Name the first result of each call that leads there; the tables say how it ends."""
    there = steps[0].next_stage
    if there in {Stage.DRAINING_QUEUE, Stage.FINISHED}:
        return ": include_queued" if there is Stage.DRAINING_QUEUE else ""
    leading = {(step.call, step.result) for step in steps}
    first = (next((r for r in results if (call, r) in leading), None) for call, results in machine.EVENTS.items())
    return ": " + "<br/>or ".join(filter(None, first))


def drawn(source: str) -> str:
    """Draw a diagram. GitHub draws it directly; Sphinx shows the picture, which holds its own source."""
    command = [sys.executable, "-m", "uv", "tool", "run", "--quiet", "mermaidx@0.10.1", "--quiet", "--input", "-"]
    picture = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    return picture.replace(">", f"><desc>{escape(source)}</desc>", 1) + "\n"


def is_drawn(source: str) -> bool:
    """Whether the picture shows this diagram."""
    return f"<desc>{escape(source)}</desc>" in PICTURE.read_text()


# The machine as tables.

CALLS: Mapping[type, str] = {
    actions.ReadStatus: "what a status read shows",
    actions.SendCancel: "the answer to the cancel",
    actions.ReadHistory: "what the history says of the target",
    actions.ReadRequest: "what the target's own request says",
    actions.ListQueue: "what the queue shows",
    actions.CancelQueued: "the answer to the cancel of a queued request",
}


def calls() -> str:
    """Return the tables of the machine: one for each call, with a column for each stage that makes the call."""
    return "\n\n".join(
        _steps(title, [step for step in machine.steps() if step.call is call]) for call, title in CALLS.items()
    )


def _steps(title: str, steps: list[Step]) -> str:
    columns = list(dict.fromkeys(map(_column, sorted(steps, key=_order))))
    following: dict[tuple[str, str], set[str]] = {}
    for step in steps:
        following.setdefault((step.result, _column(step)), set()).add(step.next)
    rows = [
        [result, *(", ".join(sorted(following.get((result, column), ()), key=_ends_last)) for column in columns)]
        for result in machine.EVENTS[steps[0].call]
    ]
    return table([title, *columns], rows)


def _order(step: Step) -> tuple[int, bool]:
    return list(Stage).index(step.stage), bool(step.request.deployment_id)


def _column(step: Step) -> str:
    is_pinned = step.stage is Stage.FINDING_TARGET and step.request.deployment_id
    return f"{step.stage.value} by `deployment_id`" if is_pinned else step.stage.value


def _ends_last(following: str) -> tuple[bool, str]:
    return "`" in following or "error" in following, following


# Writing the pages.

REGION = re.compile(r"(?<=<!-- made from the code: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
SAMPLE = re.compile(r"(?<=^### `)(\w+)(`[^\n]*\n\n```text\n).*?(?=```$)", re.MULTILINE | re.DOTALL)

MAKERS: Mapping[str, Callable[[], str]] = {
    "states": states,
    "diagram": lambda: f"```mermaid\n{diagram()}\n```",
    "machine": calls,
    "inputs": lambda: tables.inputs(DeploymentCancellationLifecycle.schema),
    "outputs": lambda: tables.outputs(DeploymentCancellationLifecycle.schema),
}


def mended(page: str) -> str:
    """Return a page with its generated parts up to date."""
    texts = samples.samples() if SAMPLE.search(page) else {}
    page = REGION.sub(lambda match: f"{match[1]}{match[2]}\n{MAKERS[match[1]]()}\n\n", page)
    return SAMPLE.sub(lambda match: f"{match[1]}{match[2]}{texts[match[1]]}\n", page)


def main() -> None:
    """Write all pages; redraw the diagram if it has changed."""
    if not is_drawn(diagram()):
        PICTURE.write_text(drawn(diagram()))
    for path in PAGES:
        path.write_text(mended(path.read_text()))
    SCHEMA.write_text(schema.text())


if __name__ == "__main__":
    main()
