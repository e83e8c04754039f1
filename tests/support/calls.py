"""The client's calls by name, and the settings for a simulator."""

from __future__ import annotations

from collections.abc import Callable

from qovery_provider._qovery.client import QoveryClient
from qovery_provider._qovery.settings import Settings, resolve
from qovery_provider.simulator import QoverySimulator

Call = Callable[[QoveryClient], object]

STATUS: Call = lambda client: client.environment_status("env")  # noqa: E731 - a table's entry with a name
CANCEL: Call = lambda client: client.cancel_deployment("env", force=False)  # noqa: E731 - as above

CALLS: dict[str, Call] = {
    "environment status": STATUS,
    "project statuses": lambda client: client.project_statuses("project"),
    "project of an environment": lambda client: client.project_of("env"),
    "deployment history": lambda client: client.deployment_history("env"),
    "deployment queue": lambda client: client.deployment_queue("env"),
    "cancel": CANCEL,
    "cancel of a queued request": lambda client: client.cancel_queued("request"),
}


def settings_for(qovery: QoverySimulator, token: str | None = None) -> Settings:
    """Settings as a user gives them."""
    return resolve({"qovery:apiUrl": qovery.url}, {"QOVERY_API_TOKEN": token or qovery.token})
