"""What the simulated Qovery consists of: projects, environments, deployments and queues, on a clock that is handed in.

It is pure: every state follows from the plans, the steps taken and the clock, so tests on virtual time use it as it is.
It must not know how it is asked and answered: no requests, no bodies of the API, no sockets, no threads.
"""
