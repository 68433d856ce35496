"""An admin's text, read: ``key=value`` lines become Stripe metadata, or the text is refused.

Limits: Stripe's API reference, "Metadata".
"""

from __future__ import annotations

import re

from bridge.contract.manifest import VALUE_LENGTH, is_manifest

MOST_KEYS, KEY_LENGTH = 50, 40

# What a Flow's text template holds that is not viewed as plain text.
_TAG = re.compile(r"</?(?:p|br|div|span|b|i|u|s|em|strong|font|ul|ol|li|a|h[1-6])\b[^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|#\d{1,5});")


class BadText(Exception):
    """A text that cannot become metadata; says which line, and what to do."""


def parse(text: str | None, reserved: str) -> dict[str, str]:
    """The pairs of a text, in its order. A line without a value stands for no such key.

    ``reserved`` is the key that holds the Opportunity's id: the link itself is nobody's to write.
    Raises BadText.
    """
    pairs: dict[str, str] = {}
    said: set[str] = set()
    text = text or ""
    if found := _TAG.search(text) or _ENTITY.search(text):
        raise BadText(
            f"the text holds HTML ({found[0]}): set the Flow's text template to be viewed as "
            "plain text"
        )
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        key, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not key:
            raise BadText(f"line {number} is not of the form key=value")
        _check(number, key, value, reserved)
        if key in said:
            raise BadText(f"line {number}: the key {key} is there twice")
        said.add(key)
        if value:
            pairs[key] = value
    return pairs


def _check(number: int, key: str, value: str, reserved: str) -> None:
    if key == reserved:
        raise BadText(f"line {number}: {key} is the link to Salesforce, which no text may write")
    if is_manifest(key):
        raise BadText(f"line {number}: {key} is the bridge's own key: name the line otherwise")
    if len(key) > KEY_LENGTH:
        raise BadText(
            f"line {number}: the key {key[:KEY_LENGTH]}… has {len(key)} characters, and Stripe "
            f"takes {KEY_LENGTH}"
        )
    if "[" in key or "]" in key:
        raise BadText(f"line {number}: the key {key} holds a square bracket, which Stripe refuses")
    if len(value) > VALUE_LENGTH:
        raise BadText(
            f"line {number}: the value of {key} has {len(value)} characters, and Stripe takes "
            f"{VALUE_LENGTH}"
        )
