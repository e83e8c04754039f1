"""Stops a product: a component of one's own hides which environments that means, and how each is canceled."""

from collections.abc import Mapping

import pulumi

from qovery_provider import DeploymentCancellation, RunningDeployment


class StoppedProduct(pulumi.ComponentResource):
    """The environments of a product, each canceled at the deployment that it ran when this was declared."""

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
