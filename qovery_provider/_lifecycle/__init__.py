"""What check, diff, create, read, update and preview mean for each resource: plain dicts in, plain dicts out.

It knows no Pulumi and no gRPC, so that every host serves the same rules.
"""
