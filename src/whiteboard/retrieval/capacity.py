"""What a search over many vectors needs: memory, machines and time, by arithmetic."""

from __future__ import annotations

import math


# --8<-- [start:memory]
def flat_bytes(num_vectors: int, dim: int, bytes_per_number: int | float = 4.0) -> float:
    """Vectors and nothing else: num_vectors * dim * bytes_per_number, in bytes.

    Args:
        num_vectors: vectors in the index.
        dim: numbers of a vector.
        bytes_per_number: 4 for float32, 2 for float16, 1 for int8, 1/8 for one bit.

    Returns:
        Bytes of memory.
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

    Args:
        num_vectors: vectors in the index.
        dim: numbers of a vector.
        links: the graph's M: neighbours of a vector on each level above the lowest.
        bytes_per_number: 4 for float32, 2 for float16.

    Returns:
        Bytes of memory, on average over the random levels.
    """
    neighbours = 2 * links + links / (links - 1)
    return flat_bytes(num_vectors, dim, bytes_per_number) + num_vectors * (4 * neighbours + 12)


# --8<-- [end:memory]


# --8<-- [start:machines]
def nodes_for(
    total_bytes: int | float, node_bytes: int | float, *, filled: int | float = 0.7
) -> int:
    """Shards: how many nodes hold the index when each fills this share of its memory with it.

    Args:
        total_bytes: of the whole index.
        node_bytes: memory of one node.
        filled: share of a node's memory that the index may take.

    Returns:
        A whole number of nodes.

    Raises:
        ValueError: a share outside 0 to 1.
    """
    if not 0 < filled <= 1:
        raise ValueError(f"filled: wanted a share above 0 and up to 1, got {filled}")
    return math.ceil(total_bytes / (filled * node_bytes))


def replicas_for(
    queries_per_second: int | float, of_one_replica: int | float, *, utilization: int | float = 0.6
) -> int:
    """Copies of all shards that answer the load, each busy this share of the time.

    Args:
        queries_per_second: load on all replicas together.
        of_one_replica: queries a second that one replica answers when it is always busy.
        utilization: share of the time that a replica may be busy.

    Returns:
        A whole number of replicas.

    Raises:
        ValueError: a share that is not between 0 and 1.
    """
    if not 0 < utilization < 1:
        raise ValueError(f"utilization: wanted a share between 0 and 1, got {utilization}")
    return math.ceil(queries_per_second / (utilization * of_one_replica))


def scan_queries_per_second(
    index_bytes: int | float, bytes_per_second: int | float, *, batch: int = 1
) -> float:
    """Exact search that waits for memory alone: one reading of the index serves a whole batch.

    Args:
        index_bytes: bytes that one search reads.
        bytes_per_second: memory bandwidth.
        batch: queries answered by one reading.

    Returns:
        An upper bound: arithmetic is taken to cost nothing.
    """
    return batch * bytes_per_second / index_bytes


# --8<-- [end:machines]


# --8<-- [start:waiting]
def share_of_slow_answers(slow_share_of_a_shard: int | float, shards: int) -> float:
    """1 - (1 - p)^shards: a query that asks all shards waits for the slowest.

    Source: Dean and Barroso, The Tail at Scale, CACM 56(2), 2013.

    Args:
        slow_share_of_a_shard: p, share of a shard's answers that are slow.
        shards: number of shards that each query asks.

    Returns:
        A share of the queries; shards are taken to be slow independently.
    """
    return 1.0 - (1 - slow_share_of_a_shard) ** shards


def in_flight(queries_per_second: int | float, seconds: int | float) -> float:
    """Little's law: requests inside the system at once, rate times time spent there.

    Args:
        queries_per_second: rate of arrivals.
        seconds: mean time from a request to its answer.

    Returns:
        Mean number of requests in the system.
    """
    return float(queries_per_second * seconds)


# --8<-- [end:waiting]
