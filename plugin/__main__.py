"""What Pulumi starts: the provider plugin for Qovery deployment cancellations."""

from qovery_provider._hosts.plugin.server import main

main()
