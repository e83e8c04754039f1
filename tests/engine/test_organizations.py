"""Two organizations in one program: a provider of its own has a token of its own."""

from __future__ import annotations

from qovery_provider.simulator import Plan, QoverySimulator
from tests.support.stack import Stack

PROGRAM = """
import os

import pulumi

from qovery_provider import DeploymentCancellation

other = pulumi.ProviderResource(
    "pulumi-python",
    "other",
    {
        "qovery:apiToken": pulumi.Output.secret(os.environ["OTHER_TOKEN"]),
        "qovery:apiUrl": os.environ["OTHER_URL"],
    },
)
DeploymentCancellation("first", environment_id=os.environ["FIRST"])
DeploymentCancellation("second", pulumi.ResourceOptions(provider=other), environment_id=os.environ["SECOND"])
"""


def test_each_provider_has_its_own_token(stack: Stack, qovery_simulator: QoverySimulator) -> None:
    """Each cancellation is sent with the right one, and the second one is not in the state in clear text."""
    first = qovery_simulator.world.add_environment()
    first.deploy(Plan.of("DEPLOY", seconds=600))
    stack.write(PROGRAM)
    with QoverySimulator(token="qov_other_organization") as other:
        second = other.world.add_environment()
        second.deploy(Plan(phases=(("BUILDING", 600.0),), cancel_delay=0.1))
        variables = {"OTHER_TOKEN": other.token, "OTHER_URL": other.url, "FIRST": first.id, "SECOND": second.id}

        preview = stack.checked("preview", **variables)
        asked = other.requests
        stack.up(**variables)

        assert (asked, preview.row("second")) == ((), "create")
        assert [len(each.posts()) for each in (qovery_simulator, other)] == [1, 1]
        assert other.token not in stack.checked("stack", "export", **variables).output
