// Cancels the running deployment of an environment, and exports what happened.
import * as pulumi from "@pulumi/pulumi";
import { DeploymentCancellation } from "@pulumi/qovery-cancellation";

const config = new pulumi.Config();

const stop = new DeploymentCancellation(
    "stop",
    { environmentId: config.require("environmentId") },
    { customTimeouts: { create: "10m", update: "10m" } },
);

export const outcome = stop.outcome;
export const deploymentId = stop.deploymentId;
