"""The floor: resources that do nothing, so that the engine and the SDK use all the time and memory."""

import os
from typing import Any

from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class NoOpProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["environment_id"], props)


class NoOp(Resource):
    def __init__(self, environment_id: str) -> None:
        super().__init__(NoOpProvider(), f"stop-{environment_id}", {"environment_id": environment_id})


for environment_id in os.environ["ENVIRONMENT_IDS"].split(","):
    NoOp(environment_id)
