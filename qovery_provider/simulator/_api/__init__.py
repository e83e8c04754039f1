"""What the simulated Qovery answers: calls, credentials, rate limit, error bodies, the log, and faults by script.

Requests and answers are plain data here, so tests can drive an `Api` or a `Service` without a connection.
It must not know sockets, event loops, threads or an HTTP library.
"""
