"""Which traits of an instance differ from what they were."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Set

from .encoding import Encoder, EncodingError
from .handles import HandleTable, describe


class TraitNotSendable(ValueError):
    """A hook set something that takes effect only inside Python."""


class PlainEncoder(Encoder):
    """Encodes plain values only."""

    def __init__(self) -> None:
        super().__init__(HandleTable())

    def _handle(self, value: Any) -> Any:
        raise EncodingError(f"only Python can use {describe(value)}")


class Snapshot:
    """The traits and attributes of an instance at one time."""

    def __init__(self, instance: Any, ignored: Iterable[str]) -> None:
        self._instance = instance
        self._ignored = frozenset(ignored)
        # Its own numbers for objects, which live no longer than the instance.
        self._encoder = Encoder(HandleTable())
        self._traits = self._forms()
        self._attributes = self._replaced_methods()

    def _names(self) -> List[str]:
        names = self._instance.traits()
        return [name for name in names if name not in self._ignored and not name.startswith("_")]

    def _forms(self) -> Dict[str, Any]:
        forms = {}
        for name in self._names():
            try:
                forms[name] = self._encoder.encode(getattr(self._instance, name))
            except Exception:  # a default that fails here fails for upstream too, when it is used
                forms[name] = ...
        return forms

    def _replaced_methods(self) -> Set[str]:
        instance = self._instance
        return {
            name
            for name in vars(instance)
            if not instance.has_trait(name) and callable(getattr(type(instance), name, None))
        }

    def give(self, name: str, value: Any) -> None:
        """Set a trait without counting it as a change."""
        setattr(self._instance, name, value)
        self._traits[name] = self._encoder.encode(getattr(self._instance, name))

    def changes(self) -> List[list]:
        """``[name, value]`` for every trait that differs; an exception for what cannot be sent."""
        kind = type(self._instance).__name__
        replaced = sorted(self._replaced_methods() - self._attributes)
        if replaced:
            raise TraitNotSendable(
                f"a function in the configuration replaced {kind}.{replaced[0]}, which has no effect "
                "outside Python\nhint: put it into a subclass and configure that"
            )
        found = []
        for name, form in self._forms().items():
            if form == self._traits.get(name):
                continue
            try:
                found.append([name, PlainEncoder().encode(getattr(self._instance, name))])
            except EncodingError as error:
                raise TraitNotSendable(
                    f"{kind}.{name} was set to a value that cannot take effect: {error}"
                ) from None
        return found
