"""Cancels the running deployment of an environment, prints one line, and exits with 0 or 1."""

import argparse
import sys

import pulumi
from pulumi import automation

from qovery_provider import DeploymentCancellation

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("environment_id", help="a UUID")
parser.add_argument("--incident", required=True, help="the reason; it cancels once for each")
options = parser.parse_args()


def program() -> None:
    """Declare the cancellation, as the program of a Pulumi project does."""
    stop = DeploymentCancellation("stop", environment_id=options.environment_id, triggers=[options.incident])
    pulumi.export("outcome", stop.outcome)
    pulumi.export("deployment_id", stop.deployment_id)


errors: list[str] = []


def note(event: automation.EngineEvent) -> None:
    """Keep what Pulumi reports as an error."""
    if event.diagnostic_event and event.diagnostic_event.severity == "error":
        errors.append(event.diagnostic_event.message.strip())


# One stack for each environment: two runs block each other only if they are for the same environment.
stack = automation.create_or_select_stack(options.environment_id, project_name="stop", program=program)
try:
    outputs = stack.up(on_event=note).outputs
except automation.CommandError as failure:
    sys.exit(next(iter(errors), str(failure)))
# If nothing was running, there is no deployment id: Pulumi leaves out an output that is null.
print(": ".join(outputs[name].value for name in ("outcome", "deployment_id") if name in outputs))
