"""Rules for API names and labels (Metadata API Developer Guide, "CustomObject", "CustomField")."""

from __future__ import annotations

import re

from rehearsal.org.errors import MetadataError, Where

_DEVELOPER_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
NAME_LENGTH = 40
LABEL_LENGTH = 40


def check_developer_name(name: str, where: Where, length: int = NAME_LENGTH) -> None:
    """A name without its suffix: letters, digits and single underscores, a letter first."""
    if not _DEVELOPER_NAME.fullmatch(name):
        raise MetadataError(
            f"The name '{name}' can only contain alphanumeric characters and single underscores, "
            "must begin with a letter, and must not end with an underscore",
            where,
        )
    if len(name) > length:
        raise MetadataError(f"The name '{name}' is longer than {length} characters", where)


def check_label(label: str, where: Where, length: int = LABEL_LENGTH) -> None:
    if len(label) > length:
        raise MetadataError(f"Label '{label}' is longer than {length} characters", where)


def api_name(name: str, suffix: str, where: Where) -> None:
    """Checks a name such as `Bridge_Entry__c` that must end in `suffix`."""
    if not name.endswith(suffix):
        raise MetadataError(f"'{name}' does not end in {suffix}", where)
    check_developer_name(name.removesuffix(suffix), where)
