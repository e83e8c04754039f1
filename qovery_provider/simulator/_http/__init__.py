"""The simulated Qovery on a real socket: an aiohttp server on a loopback address, in a thread of its own."""
