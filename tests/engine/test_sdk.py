"""The Python and the SDK of these stacks: with another SDK than the tests, a run at either end would prove nothing."""

from __future__ import annotations

import sys
from importlib.metadata import version

from tests.support.stack import Stack

PROGRAM = """
import sys
from importlib.metadata import version

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Witness(ResourceProvider):
    def create(self, props):
        import sys
        from importlib.metadata import version

        return CreateResult("one", {"seen": [sys.prefix, version("pulumi")]})


class Seen(Resource):
    seen: pulumi.Output

    def __init__(self, name):
        super().__init__(Witness(), name, {"seen": None})


pulumi.export("program", [sys.prefix, version("pulumi")])
pulumi.export("provider", Seen("seen").seen)
"""


def test_program_and_provider_run_with_the_python_of_the_tests(stack: Stack) -> None:
    """The same environment, and so the same SDK, in both of the processes that the engine starts."""
    stack.write(PROGRAM)

    stack.up()

    here = [sys.prefix, version("pulumi")]
    assert stack.outputs() == {"program": here, "provider": here}
