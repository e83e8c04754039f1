// Cancels the running deployment of an environment, and exports what happened.
package main

import (
	qoverycancellation "example.com/pulumi-qovery-cancellation/sdk/go/qovery-cancellation"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		stop, err := qoverycancellation.NewDeploymentCancellation(ctx, "stop", &qoverycancellation.DeploymentCancellationArgs{
			EnvironmentId: pulumi.String(config.Require(ctx, "environmentId")),
		}, pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "10m", Update: "10m"}))
		if err != nil {
			return err
		}
		ctx.Export("outcome", stop.Outcome)
		ctx.Export("deploymentId", stop.DeploymentId)
		return nil
	})
}
