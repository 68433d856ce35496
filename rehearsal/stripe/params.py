"""Typed reading of a request's parameters; what nobody read is unknown and refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from .errors import StripeError, invalid_parameter, missing_parameter
from .forms import Form

METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


class Params:
    """One level of parameters. Each reader marks its name as known; ``done`` refuses the rest."""

    def __init__(self, values: dict[str, Form], path: str = "") -> None:
        self._values, self._path = values, path
        self._known: set[str] = set()
        self._children: list[Params] = []

    def name(self, key: str) -> str:
        """The key as Stripe names it in an error: ``items[0][price]``."""
        return f"{self._path}[{key}]" if self._path else key

    def has(self, key: str) -> bool:
        self._known.add(key)
        return key in self._values

    def nested(self, key: str) -> bool:
        """Whether the key holds an object rather than a plain value."""
        return isinstance(self._values.get(key), dict)

    def text(self, key: str, default: str | None = None) -> str | None:
        """The value, ``""`` for a field that is unset, ``default`` when absent."""
        self._known.add(key)
        value = self._values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid_parameter(self.name(key), f"Invalid string: {self.name(key)}")
        return value

    def required(self, key: str) -> str:
        value = self.text(key)
        if not value:
            raise missing_parameter(self.name(key))
        return value

    def optional(self, key: str) -> str | None:
        """The value, ``None`` when it is absent or unset."""
        return self.text(key) or None

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        value = self.text(key) or default
        if value not in choices:
            raise invalid_parameter(
                self.name(key), f"Invalid {self.name(key)}: must be one of {', '.join(choices)}"
            )
        return value

    def boolean(self, key: str, default: bool = False) -> bool:
        return self.choice(key, ("true", "false"), "true" if default else "false") == "true"

    def integer(self, key: str, *, minimum: int | None = None) -> int | None:
        value = self.optional(key)
        if value is None:
            return None
        if not value.lstrip("-").isdigit():
            raise invalid_parameter(
                self.name(key), f"Invalid integer: {value}", "parameter_invalid_integer"
            )
        number = int(value)
        if minimum is not None and number < minimum:
            raise invalid_parameter(
                self.name(key),
                f"This value must be greater than or equal to {minimum}.",
                "parameter_invalid_integer",
            )
        return number

    def required_integer(self, key: str, *, minimum: int | None = None) -> int:
        value = self.integer(key, minimum=minimum)
        if value is None:
            raise missing_parameter(self.name(key))
        return value

    def decimal(self, key: str) -> Decimal | None:
        value = self.optional(key)
        if value is None:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise invalid_parameter(self.name(key), f"Invalid decimal: {value}") from None
        if not number.is_finite():
            raise invalid_parameter(self.name(key), f"Invalid decimal: {value}")
        return number

    def texts(self, key: str) -> list[str]:
        """A list of strings; a single value or an unset one counts as a list."""
        self._known.add(key)
        value = self._values.get(key, "")
        if isinstance(value, str):
            return [value] if value else []
        items = _in_order(value)
        if items is None or not all(isinstance(item, str) for item in items):
            raise invalid_parameter(self.name(key), f"Invalid array: {self.name(key)}")
        return [item for item in items if isinstance(item, str)]

    def child(self, key: str) -> Params | None:
        """A nested object; ``None`` when it is absent or unset."""
        self._known.add(key)
        value = self._values.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, dict):
            raise invalid_parameter(self.name(key), f"Invalid object: {self.name(key)}")
        return self._nest(value, self.name(key))

    def children(self, key: str) -> list[Params]:
        """A list of nested objects."""
        self._known.add(key)
        value = self._values.get(key)
        if value is None or value == "":
            return []
        items = _in_order(value)
        if items is None:
            raise invalid_parameter(self.name(key), "Invalid array")
        nested: list[Params] = []
        for index, item in enumerate(items):
            path = f"{self.name(key)}[{index}]"
            if not isinstance(item, dict):
                raise invalid_parameter(path, f"Invalid object: {path}")
            nested.append(self._nest(item, path))
        return nested

    def metadata(self, key: str = "metadata") -> dict[str, str] | None:
        """Pairs to merge; ``{"": ""}`` stands for ``metadata`` unset as a whole.

        Limits: API reference, "Metadata".
        """
        self._known.add(key)
        value = self._values.get(key)
        if value is None:
            return None
        if value == "":
            return {"": ""}
        if not isinstance(value, dict):
            raise invalid_parameter(self.name(key), "Invalid object")
        checked: dict[str, str] = {}
        for name, text in value.items():
            if not isinstance(text, str):
                self._refuse_brackets(key, name)
            if len(name) > METADATA_KEY_LENGTH:
                raise invalid_parameter(
                    self.name(key),
                    f"Metadata keys can have up to {METADATA_KEY_LENGTH} characters,"
                    f" but you passed one with {len(name)}: {name}",
                )
            if len(text) > METADATA_VALUE_LENGTH:
                raise invalid_parameter(
                    f"{self.name(key)}[{name}]",
                    f"Metadata values can have up to {METADATA_VALUE_LENGTH} characters,"
                    f" but you passed in a value that is {len(text)} characters.",
                )
            checked[name] = text
        return checked

    def done(self) -> None:
        """Refuse a parameter that no reader asked for."""
        for key in self._values:
            if key not in self._known:
                raise StripeError(
                    f"Received unknown parameter: {self.name(key)}."
                    " (Unknown to Stripe, or unsupported by the stand-in.)",
                    code="parameter_unknown",
                    param=self.name(key),
                )
        for child in self._children:
            child.done()

    def _nest(self, value: dict[str, Form], path: str) -> Params:
        child = Params(value, path)
        self._children.append(child)
        return child

    def _refuse_brackets(self, key: str, name: str) -> NoReturn:
        raise invalid_parameter(
            self.name(key), f"Metadata keys cannot contain square brackets: {name}"
        )


def _in_order(value: Form) -> list[Form] | None:
    """The values of numbered brackets, ``None`` when it is not a list."""
    if not isinstance(value, dict) or not all(name.isdigit() for name in value):
        return None
    return [value[name] for name in sorted(value, key=int)]


def merged(current: dict[str, str], change: dict[str, str] | None) -> dict[str, str]:
    """Metadata after a POST: pairs merge, an empty value deletes its key, all go when unset."""
    if change is None:
        return current
    if change == {"": ""}:
        return {}
    result = {**current, **change}
    result = {name: text for name, text in result.items() if text != ""}
    if len(result) > METADATA_KEYS:
        raise invalid_parameter(
            "metadata", f"Metadata can have up to {METADATA_KEYS} keys, this would be {len(result)}"
        )
    return result
