"""pulumi-command with curl: one POST, then a poll every 3 seconds. It needs the plugin, and not the plugin's SDK."""

import os

import pulumi

SCRIPT = """
header="Authorization: Token $QOVERY_API_TOKEN"
url="$QOVERY_API_URL/environment/$ENVIRONMENT_ID"
curl -fsS -X POST -H "$header" -H 'Content-Type: application/json' -d '{"force_cancel": false}' "$url/cancelDeployment"
until curl -fsS -H "$header" "$url/status" | grep -q '"last_deployment_state": *"CANCELED"'; do sleep 3; done
"""

for environment_id in os.environ["ENVIRONMENT_IDS"].split(","):
    pulumi.CustomResource(
        "command:local:Command",
        f"stop-{environment_id}",
        {"create": SCRIPT, "environment": {"ENVIRONMENT_ID": environment_id}},
    )
