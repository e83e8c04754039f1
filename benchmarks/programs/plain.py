"""A dynamic provider as it is usually written: one POST, then a poll every 3 seconds."""

import os
import time
from typing import Any

import requests
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class CancelProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        environment_id = props["environment_id"]
        url = f"{os.environ['QOVERY_API_URL']}/environment/{environment_id}"
        headers = {"Authorization": f"Token {os.environ['QOVERY_API_TOKEN']}"}
        answer = requests.post(f"{url}/cancelDeployment", json={"force_cancel": False}, headers=headers, timeout=30)
        answer.raise_for_status()
        while True:
            answer = requests.get(f"{url}/status", headers=headers, timeout=30)
            answer.raise_for_status()
            state = answer.json()["last_deployment_state"]
            if state == "CANCELED":
                return CreateResult(environment_id, {**props, "last_deployment_state": state})
            time.sleep(3)


class Cancel(Resource):
    def __init__(self, environment_id: str) -> None:
        super().__init__(CancelProvider(), f"stop-{environment_id}", {"environment_id": environment_id})


for environment_id in os.environ["ENVIRONMENT_IDS"].split(","):
    Cancel(environment_id)
