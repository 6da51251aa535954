"""What a search over many vectors needs: memory, machines and time, by arithmetic."""

from __future__ import annotations

import math


# --8<-- [start:memory]
def flat_bytes(num_vectors: int, dim: int, bytes_per_number: int | float = 4.0) -> float:
    """Vectors and nothing else: num_vectors * dim * bytes_per_number, in bytes.

    4 bytes for float32, 2 for float16, 1 for int8, 1/8 for one bit.
    """
    return float(num_vectors * dim * bytes_per_number)


def hnsw_bytes(
    num_vectors: int, dim: int, *, links: int = 32, bytes_per_number: int | float = 4.0
) -> float:
    """Vectors and the graph over them, in bytes.

    A vector has 2 * links neighbours on the lowest level and `links` on each level above, of
    which it reaches 1 / (links - 1) on average: a level holds one in `links` of the one below.
    FAISS keeps 4 bytes a neighbour, and 12 more a vector for its level and where its list starts.

    Source: Malkov and Yashunin, arXiv 1603.09320, sections 4.1 and 4.2.3; FAISS, `impl/HNSW.h`.
    """
    neighbours = 2 * links + links / (links - 1)
    return flat_bytes(num_vectors, dim, bytes_per_number) + num_vectors * (4 * neighbours + 12)


# --8<-- [end:memory]


# --8<-- [start:machines]
def nodes_for(
    total_bytes: int | float, node_bytes: int | float, *, filled: int | float = 0.7
) -> int:
    """Shards: how many nodes hold the index when each fills this share of its memory with it."""
    if not 0 < filled <= 1:
        raise ValueError(f"filled: wanted a share above 0 and up to 1, got {filled}")
    return math.ceil(total_bytes / (filled * node_bytes))


def replicas_for(
    queries_per_second: int | float, of_one_replica: int | float, *, utilization: int | float = 0.6
) -> int:
    """Copies of all shards that answer the load, each busy this share of the time."""
    if not 0 < utilization < 1:
        raise ValueError(f"utilization: wanted a share between 0 and 1, got {utilization}")
    return math.ceil(queries_per_second / (utilization * of_one_replica))


def scan_queries_per_second(
    index_bytes: int | float, bytes_per_second: int | float, *, batch: int = 1
) -> float:
    """Exact search that waits for memory alone: one reading of the index serves a whole batch."""
    return batch * bytes_per_second / index_bytes


# --8<-- [end:machines]


# --8<-- [start:waiting]
def share_of_slow_answers(slow_share_of_a_shard: int | float, shards: int) -> float:
    """1 - (1 - p)^shards: a query that asks all shards waits for the slowest.

    Source: Dean and Barroso, The Tail at Scale, CACM 56(2), 2013.
    """
    return 1.0 - (1 - slow_share_of_a_shard) ** shards


def in_flight(queries_per_second: int | float, seconds: int | float) -> float:
    """Little's law: requests inside the system at once, rate times time spent there."""
    return float(queries_per_second * seconds)


# --8<-- [end:waiting]
