"""Makes `platform_objects.xz` of the class files that describe the platform's standard objects.

    npm pack @salesforce/code-analyzer-pmd-engine@0.46.0                          # and unpack
    unzip -d STUBS dist/java-lib/sobject-types-65.0.0.jar
    javap -public STUBS/com/nawforce/runforce/SObjects/*.class > sobjects.txt
    python -m rehearsal.org.check.data.platform_objects sobjects.txt

One object a line: its name, a tab, and its members divided by spaces: `Name:String` for a field,
`Owner>User` for the way up, `Contacts<Contact` for the way down. Records of history, sharing,
feeds, tags and change events are left out, since they follow from their object.
"""

from __future__ import annotations

import lzma
import re
import sys
from collections.abc import Iterator
from pathlib import Path

OUTPUT = Path(__file__).with_name("platform_objects.xz")

_CLASS = re.compile(r"^public (?:abstract )?class com\.nawforce\.runforce\.SObjects\.(\w+) ")
_MEMBER = re.compile(r"^  public com\.nawforce\.runforce\.(\w+)\.(\w+)(\[\])? (\w+);$")
_DERIVED = re.compile(r"(?:History|Share|Feed|Tag|ChangeEvent)$")


def _follows(name: str, known: frozenset[str]) -> bool:
    """Whether the object follows from another, as `AccountHistory` does."""
    base = _DERIVED.sub("", name)
    return base != name and base in known


def objects(lines: list[str]) -> Iterator[str]:
    """One line for each object."""
    known = frozenset(found[1] for line in lines if (found := _CLASS.match(line)))
    name, members = "", list[str]()
    for line in lines:
        if found := _CLASS.match(line):
            name, members = found[1], []
        elif found := _MEMBER.match(line):
            space, kind, many, member = found.groups()
            if space == "System" or kind in {"Address", "Location"}:
                members.append(f"{member}:{kind}")
            elif not _follows(kind, known):
                members.append(f"{member}{'<' if many else '>'}{kind}")
        elif line.startswith("}") and name and not _follows(name, known):
            yield f"{name}\t{' '.join(members)}"


def main(listing: Path) -> None:
    text = "\n".join(sorted(objects(listing.read_text("utf-8").split("\n"))))
    OUTPUT.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
