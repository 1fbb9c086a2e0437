"""The Python side of `nanotick bench`: its messages, its statistics, and the peers, one module a claim."""
