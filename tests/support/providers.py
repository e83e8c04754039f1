"""Providers configured as the SDK does it, without the SDK's host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pulumi.dynamic import Config, ConfigureRequest

from qovery_provider._driver.session import Sessions
from qovery_provider._hosts.dynamic import DynamicProvider

if TYPE_CHECKING:  # its server needs a package that the fuzzers do without
    from qovery_provider.simulator import QoverySimulator

Kind = TypeVar("Kind", bound=DynamicProvider)


def no_client(*_: object, **__: object) -> NoReturn:
    """Stand in for a client where no request may be made."""
    raise AssertionError("a request")


def offline(kind: type[Kind]) -> Kind:
    """Return a provider that cannot reach Qovery."""
    provider = kind()
    provider.sessions = Sessions(connect=no_client)  # type: ignore[misc]  # of this one alone
    return provider


def configured(kind: type[Kind], qovery: QoverySimulator) -> Kind:
    """Return a provider whose stack is configured for the simulator."""
    provider = kind()
    provider.configure(ConfigureRequest(Config(configuration(qovery), "project")))
    return provider


def configuration(qovery: QoverySimulator) -> dict[str, Any]:
    """Return what a stack's configuration says of a simulator."""
    return {"qovery:apiToken": qovery.token, "qovery:apiUrl": qovery.url}


def picked(properties: dict[str, Any] | None, *names: str) -> tuple[Any, ...]:
    """Return these properties."""
    assert properties is not None
    return tuple(properties[name] for name in names)
