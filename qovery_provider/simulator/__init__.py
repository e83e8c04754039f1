"""A Qovery API in one process, to test deployments and their cancellation offline.

In a test::

    from qovery_provider.simulator import Plan, QoverySimulator

    with QoverySimulator() as qovery:
        environment = qovery.world.add_environment()
        deployment = environment.deploy(Plan.of("DEPLOY", seconds=60))
        run_my_stack(api_url=qovery.url, api_token=qovery.token, environment_id=environment.id)
        assert deployment.state == "CANCELED"

Real HTTP on loopback, a world of projects and environments whose truth a test can read, and faults by script. Written
from what the real API is known to do; it knows nothing of the provider that is tested with it.
"""

from typing import TYPE_CHECKING

from qovery_provider.simulator._api.api import Answer, Api
from qovery_provider.simulator._api.errors import ErrorStyle
from qovery_provider.simulator._api.faults import (
    CutOff,
    Delay,
    Fault,
    LoseAnswer,
    Reset,
    Respond,
    SendRaw,
    SlowBody,
)
from qovery_provider.simulator._api.log import LoggedRequest
from qovery_provider.simulator._world.deployments import Cancel, Deployment
from qovery_provider.simulator._world.environments import Behavior, Environment, QueuedRequest
from qovery_provider.simulator._world.plans import Plan
from qovery_provider.simulator._world.world import World

# The only name that needs a dependency; at run time `__getattr__` finds it.
if TYPE_CHECKING:
    from qovery_provider.simulator._http.server import QoverySimulator

__all__ = [
    "Answer",
    "Api",
    "Behavior",
    "Cancel",
    "CutOff",
    "Delay",
    "Deployment",
    "Environment",
    "ErrorStyle",
    "Fault",
    "LoggedRequest",
    "LoseAnswer",
    "Plan",
    "QoverySimulator",
    "QueuedRequest",
    "Reset",
    "Respond",
    "SendRaw",
    "SlowBody",
    "World",
]


def __getattr__(name: str) -> object:
    """Load the server only when it is used: the model and the pytest plugin do without aiohttp."""
    if name != "QoverySimulator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from qovery_provider.simulator._http.server import QoverySimulator  # noqa: PLC0415 - see above
    except ModuleNotFoundError as exc:
        # Only aiohttp itself: an error about any other missing module keeps its own message.
        if exc.name != "aiohttp":
            raise
        raise ImportError("The simulator's server needs aiohttp: pip install 'qovery-provider[simulator]'") from exc
    return QoverySimulator
