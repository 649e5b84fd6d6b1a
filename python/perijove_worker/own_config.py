"""From the stand-in ``Config`` to Traitlets' own, which upstream's classes insist on."""

from __future__ import annotations

from typing import Any

from . import standin


def own(config: Any) -> Any:
    """The same configuration in Traitlets' classes. Values are shared, not copied."""
    if not isinstance(config, standin.Config):
        return config
    from traitlets.config.loader import Config

    converted = Config()
    for key, value in config.items():
        if isinstance(value, standin.Config):
            value = own(value)
        elif isinstance(value, standin.LazyConfigValue):
            value = own_lazy(value)
        # As Traitlets does it itself: an attribute or item of a section cannot be told what it must not be.
        dict.__setitem__(converted, key, value)
    return converted


def own_lazy(changes: standin.LazyConfigValue) -> Any:
    """Changes to a default that is not known yet, as Traitlets keeps them."""
    from traitlets.config.loader import LazyConfigValue

    converted = LazyConfigValue()
    converted._prepend = list(changes._prepend)
    converted._extend = list(changes._extend)
    converted._inserts = list(changes._inserts)
    converted._update = changes._update
    converted._value = changes._value
    return converted
