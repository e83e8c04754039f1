"""What the simulated Qovery consists of: environments, their deployments and queues, on a clock that is handed in.

It is pure: no socket, no thread, and nothing of HTTP.
"""
