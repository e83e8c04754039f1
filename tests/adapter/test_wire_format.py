"""What Pulumi stores in every state is a contract: type tokens and the pickled provider never change."""

from __future__ import annotations

import base64

from pulumi.dynamic.dynamic import serialize_provider

from qovery_provider import DeploymentCancellation
from qovery_provider.provider import DeploymentCancellationProvider

PICKLES = {
    DeploymentCancellationProvider: (
        b"\x80\x04\x95B\x00\x00\x00\x00\x00\x00\x00\x8c\x18qovery_provider.provider"
        b"\x94\x8c\x1eDeploymentCancellationProvider\x94\x93\x94)\x81\x94."
    ),
}


def test_the_type_token_never_changes() -> None:
    """Another token would make Pulumi delete and create every resource of every stack."""
    assert "dynamic/qovery:DeploymentCancellation" == DeploymentCancellation._resource_type_name  # noqa: SLF001


def test_the_pickled_provider_never_changes() -> None:
    """Other bytes would show as a diff in every stack, and a moved class would make old states unreadable."""
    stored = {provider: base64.b64decode(serialize_provider(provider())) for provider in PICKLES}

    assert stored == PICKLES


def test_the_pickled_provider_is_no_secret() -> None:
    """It holds a module path and a class name only, so it need not be encrypted and cannot differ by machine."""
    assert DeploymentCancellationProvider.serialize_as_secret_always is False
