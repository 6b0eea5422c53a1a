"""
What is worked out once in a process of the tests, since it is always the same.

dlt asks some ten thousand times in a load what a type is, which is a quarter of its work.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from dlt.common import typing, validation
from dlt.common.configuration.specs import base_configuration

Answer = TypeVar("Answer")

_ASKED = (
    (base_configuration, "is_secret_hint"),
    (base_configuration, "is_base_configuration_inner_hint"),
    (base_configuration, "extract_inner_hint"),
    (typing, "extract_inner_type"),
    (typing, "is_union_type"),
    (typing, "is_optional_type"),
    (typing, "is_literal_type"),
)


def remember() -> None:
    """Put the functions that remember into every module of dlt that has one of them."""
    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("dlt.")]
    for owner, name in _ASKED:
        whole = getattr(owner, name)
        for names in (names for names in modules if names.get(name) is whole):
            names[name] = _remember(whole)
    names = vars(validation)
    names["get_type_hints"] = _remember_dict(names["get_type_hints"])
    fields = vars(base_configuration.BaseConfiguration)["get_resolvable_fields"].__func__
    base_configuration.BaseConfiguration.get_resolvable_fields = classmethod(_remember_dict(fields))  # type: ignore


@functools.cache
def _remember(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    remembered = functools.lru_cache(maxsize=None, typed=True)(ask)

    @functools.wraps(ask)
    def answer(*arguments: Any, **options: Any) -> Answer:
        try:
            return remembered(*arguments, **options)
        except TypeError:  # it cannot be a key, or is no type at all
            return ask(*arguments, **options)

    return answer


def _remember_dict(ask: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Go by the class that is asked about, which is the first argument. Each caller has a dict of its own."""
    remembered: dict[type, dict[str, Any]] = {}

    @functools.wraps(ask)
    def answer(of: type, *arguments: Any, **options: Any) -> dict[str, Any]:
        if of not in remembered:
            remembered[of] = ask(of, *arguments, **options)
        return dict(remembered[of])

    return answer
