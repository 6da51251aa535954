"""Numbers with their units, as written in prose or printed by code, and when two of them agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from whiteboard.site.claims import half_unit

_PREFIXES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}


def _units() -> dict[str, tuple[str, Decimal]]:
    """What each unit measures, and its size in the base unit of that."""
    units = {"%": ("share", Decimal("0.01")), "percent": ("share", Decimal("0.01"))}
    for name in ("×", "x", "times", "-fold"):
        units[name] = ("factor", Decimal(1))
    for name, size in {**_PREFIXES, **_BINARY}.items():
        units |= {name + unit: ("bytes", Decimal(size)) for unit in ("B", "B/s")}
        units[name + "FLOP"] = units[name + "FLOPs"] = ("flops", Decimal(size))
        units[name + "FLOP/s"] = units[name + "FLOPS"] = ("flops", Decimal(size))
        units[name + "Hz"] = ("hertz", Decimal(size))
    units |= dict.fromkeys(("byte", "bytes"), ("bytes", Decimal(1)))
    seconds = {"s": "1", "ms": "0.001", "µs": "1e-6", "us": "1e-6", "ns": "1e-9", "second": "1"}
    seconds |= {"seconds": "1", "minute": "60", "minutes": "60", "hour": "3600", "hours": "3600"}
    units |= {name: ("seconds", Decimal(size)) for name, size in seconds.items()}
    units |= {name: ("rate", Decimal(1)) for name in ("tokens/s", "tok/s", "tokens per second")}
    counts = {"thousand": "1e3", "million": "1e6", "billion": "1e9", "trillion": "1e12"}
    counts |= {"K": "1e3", "M": "1e6"}
    units |= {name: ("count", Decimal(size)) for name, size in counts.items()}
    units |= {name: (name, Decimal(1)) for name in ("nats", "bits", "dB", "W", "kW", "GPUs", "$")}
    return units


UNITS = _units()
_UNIT = "|".join(sorted(map(re.escape, set(UNITS) - {"$", "×", "x", "-fold"}), key=len)[::-1])
_QUANTITY = re.compile(
    r"(?P<dollar>\\?\$(?=\d))?"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])|\d+(?:_\d{3})+|\d*\.\d+|\d+)"
    r"(?:\s*[×x]\s*10(?:\^\{?(?P<power>[-−+]?\d+)\}?|(?P<raised>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))"
    r"|[eE](?P<exponent>[-+]?\d+))?"
    rf"(?:[  -]?(?P<unit>{_UNIT})(?![\w/])|\s?(?P<factor>[×x])(?!\w|\s?\d)|(?P<fold>-fold)\b)?"
)
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@dataclass(frozen=True)
class Quantity:
    """A number with its unit: `1.05 TB` has size 1.05, unit TB, and half a unit of 0.005.

    `start` and `end` say where in the text it stands. `literal` is one of code: a condition, which
    can be a count or a size in base units (`80e9` is 80 GB; 80 is not), never a measured factor.
    """

    text: str
    start: int
    end: int
    size: Decimal
    half: Decimal
    unit: str
    literal: bool = False

    @property
    def small(self) -> bool:
        """A whole number below 13 without a unit, which needs nothing to stand on."""
        return not self.unit and self.size < 13 and self.half >= Decimal("0.5")

    def shows(self, other: Quantity) -> bool:
        """Whether `other`, rounded to the digits of this one, is this one.

        With two units they must measure the same; without one, the bare number may be either the
        number in this unit (a column headed GB) or in its base unit (a count of bytes).
        """
        if self.unit and other.unit:
            (kind, scale), (its_kind, its_scale) = UNITS[self.unit], UNITS[other.unit]
            sizes = [other.size * its_scale / scale] if kind == its_kind else []
        elif self.unit and other.literal:
            factor = UNITS[self.unit][0] == "factor"
            sizes = [] if factor else [other.size / scale for scale in _scales(self.unit)]
        else:
            sizes = [other.size, *(other.size / scale for scale in _scales(self.unit))]
            sizes += [other.size * scale for scale in _scales(other.unit)]
        return any(abs(size - self.size) <= self.half for size in sizes)

    def about(self) -> Quantity:
        """The same, its trailing zeros taken for rounding: about 330,000 stands for 327,680."""
        exponent = self.size.normalize().as_tuple().exponent
        return replace(self, half=max(self.half, Decimal(5).scaleb(int(exponent) - 1)))


def _scales(unit: str) -> list[Decimal]:
    if not unit:
        return []
    # 128K of context is 131,072 tokens to some and 128,000 to others.
    return [UNITS[unit][1], *([Decimal(1024)] if unit == "K" else [])]


def quantities(text: str) -> Iterator[Quantity]:
    """Every number of a text that is not part of a word (`float32`, `GQA-8`, `3.11.7`)."""
    for match in _QUANTITY.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if re.search(r"(?:[\w@#]|[A-Za-z)]-|\d\.|[A-Za-z][/.])\Z", before):
            continue
        if re.match(r"\.\d|_|[A-Za-z]|-?bit\b|-\d+-\d", after):
            continue
        yield _quantity(match)


def _quantity(match: re.Match[str]) -> Quantity:
    number = re.sub("[,_]", "", match["number"])
    raised = (match["raised"] or "").translate(_RAISED)
    power = (match["power"] or raised or match["exponent"] or "0").replace("−", "-")
    number += f"e{power}"
    unit = match["unit"] or match["factor"] or match["fold"] or ("$" if match["dollar"] else "")
    text = match[0].strip()
    return Quantity(text, match.start(), match.end(), Decimal(number), half_unit(number), unit)


def quantity(number: str, *, literal: bool = False) -> Quantity:
    """The quantity of a plain number as Python or YAML writes it."""
    size, half = abs(Decimal(number)), half_unit(number)
    return Quantity(number, 0, len(number), size, half, "", literal)
