"""A program of Pulumi's Automation API, run in a process of its own: `python automation.py` is that process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pulumi
from pulumi import automation

from qovery_provider import DeploymentCancellation
from tests.support.stack import TIME_LIMIT, Stack


def up_inline(stack: Stack) -> dict[str, Any]:
    """Bring an inline program up on a stack's backend and return its outputs."""
    command = [sys.executable, "-m", "tests.support.automation"]
    path = os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))  # noqa: PTH109 - as text
    environment = {**stack.environment, "PYTHONPATH": path, "VIRTUAL_ENV": sys.prefix}
    completed = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    outputs: dict[str, Any] = json.loads(completed.stdout.splitlines()[-1])
    return outputs


def _program() -> None:
    stop = DeploymentCancellation("stop", environment_id=os.environ["ENVIRONMENT_ID"])
    pulumi.export("outcome", stop.outcome)
    pulumi.export("deployment_id", stop.deployment_id)


def main() -> None:
    """Select the stack, run the program, print the outputs as JSON."""
    stack = automation.create_or_select_stack("inline", "inline", _program)
    result = stack.up()
    print(json.dumps({name: output.value for name, output in result.outputs.items()}))  # noqa: T201 - for up_inline


if __name__ == "__main__":
    main()
