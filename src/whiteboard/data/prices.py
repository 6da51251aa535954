"""What providers ask for tokens, cached and not: `prices.json`, the project's only price table."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class TokenPrice:
    """List prices of one model, in USD for 1,000,000 tokens.

    Attributes:
        input: a token that is computed and not kept.
        cache_write: a token that is computed and kept.
        cache_read: a token that was kept.
        output: a token that is generated.
        storage: 1,000,000 tokens kept for an hour.
        lifetime: minutes that a kept prefix lives after its last use.
        minimum: tokens of the shortest prefix that is kept.
        source: the provider's page.
    """

    model: str
    input: float
    cache_write: float
    cache_read: float
    output: float
    storage: float
    lifetime: float
    minimum: int
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.cache_read < self.input <= self.cache_write:
            raise ValueError(
                f"{self.model}: wanted 0 <= cache_read < input <= cache_write, got "
                f"{self.cache_read}, {self.input}, {self.cache_write}"
            )


@cache
def token_prices() -> dict[str, TokenPrice]:
    """The table by model and kind of cache, in the file's order."""
    rows = json.loads((files(__package__) / "prices.json").read_text("utf8"))["prices"]
    return {row["model"]: TokenPrice(**row) for row in rows}


@cache
def prices_seen() -> str:
    """The day on which the whole table was last compared with its sources."""
    return str(json.loads((files(__package__) / "prices.json").read_text("utf8"))["seen"])
