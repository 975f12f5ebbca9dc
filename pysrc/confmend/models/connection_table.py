"""How many places connection tracking needs: a flow for each connection, and those that have just ended."""

from __future__ import annotations

# Flows that have ended stay for two minutes, and so does what came before a restart.
TIMES = 2
# Bytes: struct nf_conn with its extensions and its place in the hash, on 64 bits.
ENTRY = 400


def needed(clients: int, servers: int) -> int:
    """Return the places for a pooler: 2 × (clients + connections to the server)."""
    return TIMES * (clients + servers)


def grown(most: int, wanted: int) -> int:
    """Return the next size of a table that is too small: a power of two, at least twice the old one."""
    return 1 << (max(2 * most, wanted) - 1).bit_length()
