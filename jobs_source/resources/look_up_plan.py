"""How many look-ups a run may make."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LookUpPlan:
    """
    The limits of look-ups.

    Attributes:
        api_version: Such as `64.0`.
        most: Look-ups of a run; 0 for none.
        api_percent: Share of the org's calls in 24 hours that look-ups may take, in percent.
        at_a_time: Look-ups at a time.
    """

    api_version: str
    most: int
    api_percent: float
    at_a_time: int
