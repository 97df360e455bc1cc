"""A server on this machine: who may talk to it, how it listens, starts and stops; not what it answers.

In: an application of routes. Out: an address that is open until it is closed. It knows no network, no page.
"""
