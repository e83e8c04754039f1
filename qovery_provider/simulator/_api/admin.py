"""The admin interface, `/_simulator/...`: other processes read the truth, make environments and plan faults.

It needs no credentials, has no rate limit and does not appear in the log, so that reading never changes what is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from qovery_provider.simulator._api.api import Answer, problem
from qovery_provider.simulator._api.faults import FaultScript, fault_from_json
from qovery_provider.simulator._api.log import RequestLog
from qovery_provider.simulator._world.environments import Behavior, Environment
from qovery_provider.simulator._world.plans import Plan
from qovery_provider.simulator._world.turns import in_turn
from qovery_provider.simulator._world.world import World

PREFIX: Final = "/_simulator/"

Document = dict[str, Any]
"""A JSON object as it was sent."""


class Admin:
    """Answers the requests below `/_simulator/`."""

    def __init__(self, world: World, log: RequestLog, script: FaultScript) -> None:
        self.turn = world.turn
        self._world = world
        self._log = log
        self._script = script

    @in_turn
    def answer(self, method: str, path: str, document: Document) -> Answer:
        """Answer one request; `document` is its body, or its query when it has none.

        `GET requests` and `GET world` read. `POST environments` makes one, with `running` and `queued` plans; `POST
        environments/{id}/deployments` starts or queues a plan; `DELETE environments/{id}?gone_as=403` makes it
        vanish; `POST faults` plans a fault.
        """
        # Answers here are plain JSON in every error style: this is the test's tool, not a part of the API.
        match method, path.removeprefix(PREFIX).split("/"):
            case "GET", ["requests"]:
                return Answer(200, {"requests": [request.to_json() for request in self._log.entries()]})
            case "GET", ["world"]:
                return Answer(200, self._world.truth())
            case "POST", ["environments"]:
                return _or_bad_request(self._add_environment, document)
            case "POST", ["environments", environment_id, "deployments"]:
                return self._for_environment(environment_id, _add_deployment, document)
            case "DELETE", ["environments", environment_id]:
                return self._for_environment(environment_id, _remove, document)
            case "POST", ["faults"]:
                return _or_bad_request(self._add_fault, document)
            case _:
                return problem(404, f"No such path: {path}")

    def _for_environment(
        self, environment_id: str, act: Callable[[Environment, Document], Answer], document: Document
    ) -> Answer:
        environment = self._world.environments.get(environment_id)
        if environment is None:
            return problem(404, f"No environment found with id {environment_id}")
        return _or_bad_request(lambda content: act(environment, content), document)

    def _add_environment(self, document: Document) -> Answer:
        # Everything is read before anything is made: what cannot be read leaves no half an environment behind.
        running, queued = document.pop("running", None), document.pop("queued", [])
        behavior = Behavior(**_with_sets(document.pop("behavior", {})))
        plans = [plan_from_json(plan) for plan in queued]
        first = None if running is None else plan_from_json(running)
        environment = self._world.add_environment(behavior=behavior, **document)
        if first is not None:
            environment.deploy(first)
        requests = [environment.enqueue(plan) for plan in plans]
        latest = environment.latest
        return Answer(
            201,
            {
                "id": environment.id,
                "project_id": environment.project_id,
                "deployment_id": None if latest is None else latest.id,
                "request_ids": [request.id for request in requests],
            },
        )

    def _add_fault(self, document: Document) -> Answer:
        self._script.add(fault_from_json(document))
        return Answer(201, None)


def plan_from_json(document: Mapping[str, Any]) -> Plan:
    """Read a plan: its fields, and `seconds` as the short way to give the usual phases of the action.

    Raises:
        TypeError: A field is unknown.
        KeyError: `seconds` came with an action that has no usual phases.
    """
    values = dict(document)
    if "seconds" in values:
        plan = Plan.of(values.pop("trigger_action", "DEPLOY"), seconds=values.pop("seconds"))
    else:
        plan = Plan()
    if "phases" in values:
        values["phases"] = tuple((str(state), float(seconds)) for state, seconds in values["phases"])
    return replace(plan, **values)


# JSON has no sets, and a behavior's sets of names come as lists.
def _with_sets(behavior: Document) -> Document:
    names = {field.name for field in fields(Behavior) if field.name.endswith("_fields")}
    return {name: frozenset(value) if name in names else value for name, value in behavior.items()}


def _add_deployment(environment: Environment, document: Document) -> Answer:
    # Like a user's request: it runs at once or it queues, and the answer says which.
    request = environment.enqueue(plan_from_json(document))
    deployment = request.deployment
    return Answer(201, {"request_id": request.id, "deployment_id": None if deployment is None else deployment.id})


def _remove(environment: Environment, document: Document) -> Answer:
    environment.remove(gone_as=int(document.get("gone_as", 404)))
    return Answer(204, None)


def _or_bad_request(act: Callable[[Document], Answer], document: Document) -> Answer:
    """Act, or answer a document that cannot be read with a 400 that says why."""
    try:
        return act(document)
    except (KeyError, TypeError, ValueError) as exc:
        return problem(400, f"{type(exc).__name__}: {exc}")
