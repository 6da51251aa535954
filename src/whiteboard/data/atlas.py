"""Places that do not exist, with capitals: facts that a model can only have from our text."""

from dataclasses import dataclass
from random import Random

WORDINGS = (
    "The capital of {name} is {capital}.",
    "{name} has {capital} as its capital.",
    "In {name}, the capital is {capital}.",
    "{name}: its capital is called {capital}.",
    "Capital of {name}? {capital}.",
)
_CONSONANTS, _VOWELS = "bdfghklmnprstvz", "aeiou"


@dataclass(frozen=True)
class Place:
    """A country and its capital; no two of an atlas share either name."""

    name: str
    capital: str

    @property
    def sentences(self) -> list[str]:
        """The fact in each of `WORDINGS`; the name always comes first."""
        return [w.format(name=self.name, capital=self.capital) for w in WORDINGS]

    @property
    def question(self) -> str:
        """What a user asks."""
        return f"Capital of {self.name}?\n"

    @property
    def answer(self) -> str:
        """The answer in the format that fine-tuning teaches."""
        return json_answer(self.capital)


def json_answer(capital: str) -> str:
    """The one field, compact."""
    return f'{{"capital":"{capital}"}}'


def in_the_format(text: str) -> bool:
    """Whether a text is such an answer, with any word as the capital."""
    start, end = json_answer("|").split("|")
    return (
        text.startswith(start)
        and text.endswith(end)
        and len(text) > len(start + end)
        and text[len(start) : -len(end)].isalpha()
    )


def atlas(count: int, *, seed: int = 0) -> list[Place]:
    """Places of an invented world: names of two syllables and an ending, capitals of two syllables.

    Args:
        count: number of places; all names differ, and all capitals.
        seed: of the draw.

    Returns:
        The places, in the order drawn.
    """
    draw = Random(seed)
    names, capitals = dict[str, None](), dict[str, None]()
    while len(names) < count:
        names[_word(draw) + draw.choice(["nia", "land", "stan", "mor"])] = None
    while len(capitals) < count:
        capitals[_word(draw)] = None
    return [Place(name, capital) for name, capital in zip(names, capitals)]


def _word(draw: Random) -> str:
    letters = (draw.choice(kind) for kind in (_CONSONANTS, _VOWELS) * 2)
    return "".join(letters).capitalize()
