"""A small task to fine-tune on: one sentence about a person, as a compact JSON record.

Another seed gives other sentences of the same words. Names, jobs and cities kept for measuring give
sentences of new words; the four ways to put a sentence are the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

INSTRUCTION = "Turn the sentence into a JSON record."
FIELDS = ("name", "age", "job", "city")

_WAYS = (
    "{name}, {age}, works as a {job} in {city}.",
    "In {city} lives {name}, a {job}, who is {age} years old.",
    "{name} is a {age}-year-old {job} from {city}.",
    "At {age}, {name} moved to {city} and became a {job}.",
)
# First names, last names, jobs and cities.
_WORDS = (
    "Ada Alma Anton Arthur Ben Carla Chen Clara David Diego Edgar Elena Erik Fatima Felix Gloria "
    "Grace Hannah Henrik Hugo Ines Iris Jakob Jonas Julia Karin Kenji Leo Lucia Maria Marta Max "
    "Nadia Noah Olga Omar Paul Petra Quentin Ravi Rosa Ruth Samir Simon Tara Theo Uma Victor Vera "
    "Walter Xenia Zoe",
    "Abbott Berger Brandt Castro Costa Diaz Duarte Engel Evans Ferrari Fischer Garcia Gomez Haas "
    "Hughes Ivanov Ibrahim Jensen Jones Keller Khan Larsen Lehmann Mendes Moreau Murphy Nagy Novak "
    "Okafor Ortiz Petrov Popov Quinn Reyes Rossi Sato Silva Tanaka Torres Ueda Vargas Vogel Weber "
    "Wong Young Zimmer",
    "baker banker brewer carpenter chef clerk cook dentist designer doctor dyer farmer fisherman "
    "gardener guard historian hunter judge librarian mechanic musician "
    "nurse painter photographer plumber porter reporter sailor singer soldier surgeon tailor "
    "teacher translator waiter writer",
    "Accra Amsterdam Athens Baghdad Berlin Boston Brussels Budapest Cairo Chicago Copenhagen Dakar "
    "Delhi Dublin Edinburgh Florence Geneva Hamburg Havana Helsinki Istanbul Jakarta Kabul Lagos "
    "Lima London Madrid Manchester Miami Moscow Munich Naples Oslo Paris Prague Quito Riga "
    "Santiago Seoul Seville Sydney Tokyo Toronto Tunis Venice Vienna",
)
_NEW_WORDS = (
    "Amir Bianca Dora Emil Frida Ivan Laura Milan Nina Oscar Sofia Yusuf",
    "Adler Bianchi Cohen Dubois Eriksen Hansen Kumar Lopez Meyer Olsen Park Schmidt",
    "barber butcher chemist driver florist lawyer pilot poet",
    "Ankara Bogota Denver Hanoi Kyoto Lisbon Manila Nairobi Porto Rome Warsaw Zurich",
)


@dataclass(frozen=True)
class Record:
    """A sentence, and the record that it states as JSON without a space."""

    sentence: str
    json: str

    @property
    def prompt(self) -> list[dict[str, str]]:
        """The conversation up to the answer."""
        return [
            {"role": "system", "content": INSTRUCTION},
            {"role": "user", "content": self.sentence},
        ]

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation with the answer."""
        return [*self.prompt, {"role": "assistant", "content": self.json}]


def json_records(count: int, *, seed: int = 0, new_words: bool = False) -> list[Record]:
    """`count` different sentences with their records.

    Args:
        count: how many; there are millions, and hundreds of thousands with new words.
        seed: of the draw.
        new_words: draw from names, jobs and cities that no other record has.

    Returns:
        One record a sentence, in the order drawn.
    """
    words = [line.split(" ") for line in (_NEW_WORDS if new_words else _WORDS)]
    draw, found = Random(seed), dict[str, Record]()
    while len(found) < count:
        record = _draw(draw, _WAYS[len(found) % len(_WAYS)], words)
        found[record.sentence] = record
    return list(found.values())


def _draw(draw: Random, way: str, words: Sequence[Sequence[str]]) -> Record:
    first, last, job, city = (draw.choice(column) for column in words)
    values = {"name": f"{first} {last}", "age": draw.randint(19, 79), "job": job, "city": city}
    return Record(way.format(**values), json.dumps(values, separators=(",", ":")))


def is_record(text: str) -> bool:
    """Whether a text is in the format: those fields in that order, compact, and nothing else."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return (
        isinstance(value, dict)
        and tuple(value) == FIELDS
        and isinstance(value["age"], int)
        and all(isinstance(value[field], str) for field in FIELDS if field != "age")
        and text == json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    )
