"""Qovery's API: its calls, what its answers say, what its failures mean, and with which settings it is reached.

Each call is made once: it neither retries nor waits, and knows nothing of cancellations. Only `client` knows HTTP.
"""
