"""When a cached prompt costs less: break-even points, and the bill of an hour of requests."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from whiteboard.data.prices import TokenPrice, prices_seen, token_prices


# --8<-- [start:break_even]
def break_even_uses(write: float, read: float) -> float:
    """Uses of one prefix from which caching is cheaper: (write - read) / (1 - read).

    The first use writes, all others read; without a cache each costs 1.

    Args:
        write: price of a written token over the plain input price, such as 1.25 or 2.
        read: price of a read token over the plain input price, such as 0.1; below 1.

    Returns:
        A number of uses, not rounded: caching is cheaper from the next whole one on.
    """
    return (write - read) / (1 - read)


def break_even_hit_rate(write: float, read: float) -> float:
    """Share of requests that must hit, when every miss writes: (write - 1) / (write - read).

    Args:
        write: price of a written token over the plain input price.
        read: price of a read token over the plain input price; below `write`.

    Returns:
        A share of the requests, 0 to 1.
    """
    return (write - 1) / (write - read)


def relative_cost(write: float, read: float, uses: int) -> float:
    """Mean price of a prefix in n uses, 1 being the plain one: (write + read (n - 1)) / n.

    Args:
        write: price of a written token over the plain input price.
        read: price of a read token over the plain input price.
        uses: n, requests with the prefix, of which the first writes.

    Returns:
        Price a use, relative to no cache; below 1 when caching is cheaper.
    """
    return (write + read * (uses - 1)) / uses


# --8<-- [end:break_even]


@dataclass(frozen=True)
class Traffic:
    """Requests of an hour that are meant to share one prefix.

    Attributes:
        requests: an hour, at independent random times.
        prefix: tokens that are meant to be shared.
        fresh: further input tokens of each request.
        output: generated tokens of each request.
        same: share of requests whose prefix is the same to the token; the others each differ.
    """

    requests: float
    prefix: int
    fresh: int = 0
    output: int = 0
    same: float = 1.0


@dataclass(frozen=True)
class Bill:
    """What an hour costs.

    Attributes:
        hit_rate: share of requests that find their prefix.
        needed: hit rate from which caching is cheaper, storage apart.
        plain, cached: USD without and with a cache.
        saved: share of the plain bill; negative when caching costs more.
    """

    hit_rate: float
    needed: float
    plain: float
    cached: float
    saved: float


# --8<-- [start:bill]
def hit_rate(traffic: Traffic, lifetime: float) -> float:
    """Share of requests that find their prefix: same * (1 - exp(-same * requests * lifetime / 60)).

    A request hits when its prefix is the common one and another such request came within the
    `lifetime` minutes before it, which renewed the entry. Random arrivals make the exponential.

    Args:
        traffic: requests of an hour, and the share with the common prefix.
        lifetime: minutes that an entry lives after its last use.

    Returns:
        A share of all requests, 0 to 1.
    """
    return traffic.same * -math.expm1(-traffic.same * traffic.requests * lifetime / 60)


def bill(price: TokenPrice, traffic: Traffic) -> Bill:
    """The cost of an hour of `traffic`, with and without a cache.

    Every miss writes its prefix. An entry is stored from its writing to `lifetime` minutes after
    its last use. A prefix below the provider's minimum is not cached, and nothing says so.

    Args:
        price: USD a million tokens, the entry's lifetime and the least prefix that is cached.
        traffic: requests of an hour and their tokens.

    Returns:
        USD for the hour, the hit rate, and the hit rate that would be needed.
    """
    cacheable = traffic.prefix >= price.minimum
    hits = hit_rate(traffic, price.lifetime) if cacheable else 0.0
    rest = traffic.requests * (traffic.fresh * price.input + traffic.output * price.output)
    plain = traffic.requests * traffic.prefix * price.input + rest
    cached = plain
    if cacheable:
        token = hits * price.cache_read + (1 - hits) * price.cache_write
        alone = (1 - traffic.same) * traffic.requests * price.lifetime / 60
        kept = -math.expm1(-traffic.same * traffic.requests * price.lifetime / 60) + alone
        cached = traffic.prefix * (traffic.requests * token + kept * price.storage) + rest
    needed = break_even_hit_rate(price.cache_write / price.input, price.cache_read / price.input)
    return Bill(hits, needed, plain / 1e6, cached / 1e6, 1 - cached / plain)


# --8<-- [end:bill]


def calculator() -> dict[str, Any]:
    """The data of the widget `prompt-caching`: the price table and its date."""
    return {"seen": prices_seen(), "prices": [asdict(price) for price in token_prices().values()]}
