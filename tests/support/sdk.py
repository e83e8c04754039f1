"""What the installed Pulumi SDK can do, for the tests that an older one plays in another way."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest

from qovery_provider._hosts.dynamic import DynamicProvider

SDK = tuple(int(number) for number in re.findall("[0-9]+", version("pulumi"))[:2])
"""Its version, as two numbers."""

NEEDS_GET = pytest.mark.skipif(SDK < (3, 268), reason="this SDK's host cannot serve `get`")
NEEDS_DRIFT = pytest.mark.skipif(not DynamicProvider.stores_inputs, reason="this SDK cannot show drift")
