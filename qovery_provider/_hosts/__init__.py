"""What runs in the provider's process: each host lets Pulumi call the lifecycles of `_lifecycle`.

A host translates between Pulumi's protocol and plain dicts, shows progress and stores partial state. It holds no rule
about a resource.
"""
