"""The simulator on the network: an aiohttp server on loopback, in a thread of its own.

It reads requests, lets `_api` decide what is answered and which fault is due, and plays both on the connection.
It must not know what a call means: no paths of the API and no deployments.
"""
