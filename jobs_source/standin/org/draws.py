"""All random draws. The same seed always makes the same org."""

from random import Random


def make_random(purpose: str, seed: object) -> Random:
    """Return draws for one *purpose*. More draws for one purpose do not change those for another."""
    return Random(f"{purpose} {seed}")  # noqa: S311 - made to be repeated; access tokens come from `secrets`


def draw_text(random: Random, characters: str, count: int) -> str:
    """Return *count* of *characters*."""
    return "".join(random.choices(characters, k=count))
