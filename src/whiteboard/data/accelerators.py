"""What the vendors state of their accelerators: `accelerators.json`, with where each is stated."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Accelerator:
    """One chip.

    Attributes:
        flops: peak a second in bf16, dense.
        memory: bytes.
        bandwidth: bytes a second to and from its memory.
        link: bytes a second to the chips of its domain, both directions together.
        domain: chips that its link joins.
        network: bytes a second, in one direction, to chips outside the domain.
        source: the vendor's page.
    """

    name: str
    flops: float
    memory: float
    bandwidth: float
    link: float
    domain: int
    network: float
    source: str

    def __post_init__(self) -> None:
        for field in ("flops", "memory", "bandwidth", "link", "domain", "network"):
            if not getattr(self, field) > 0:
                raise ValueError(f"{self.name}: {field} must be positive")


@cache
def accelerators() -> dict[str, Accelerator]:
    """The table by name, in the file's order."""
    rows = json.loads((files(__package__) / "accelerators.json").read_text("utf8"))["accelerators"]
    return {row["name"]: Accelerator(**row) for row in rows}
