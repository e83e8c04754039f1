"""What the simulated Qovery answers to a request, and how it misbehaves when it is told to.

Requests and answers are plain data here: it knows no socket.
"""
