"""Cancels in all environments of a product, with a component that hides how."""

from collections.abc import Mapping

import pulumi

from qovery_provider import DeploymentCancellation, RunningDeployment


class StoppedProduct(pulumi.ComponentResource):
    """Cancels, in each environment of a product, the deployment that is running when the incident is declared."""

    outcomes: pulumi.Output[Mapping[str, str]]

    def __init__(self, name: str, environments: Mapping[str, str], incident: str) -> None:
        super().__init__("example:index:StoppedProduct", name)
        child = pulumi.ResourceOptions(parent=self)
        outcomes = {}
        for key, environment_id in environments.items():
            target = RunningDeployment(f"{key}-target", child, environment_id=environment_id, triggers=[incident])
            stop = DeploymentCancellation(
                f"{key}-stop",
                child,
                environment_id=environment_id,
                deployment_id=target.deployment_id,
                triggers=[incident],
            )
            outcomes[key] = stop.outcome
        self.outcomes = pulumi.Output.all(**outcomes)
        self.register_outputs({"outcomes": self.outcomes})


config = pulumi.Config()

shop = StoppedProduct("shop", config.require_object("environments"), config.require("incident"))

pulumi.export("outcomes", shop.outcomes)
