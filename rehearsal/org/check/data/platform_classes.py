"""Makes `platform_classes.xz` of the class files that describe Apex's own classes.

    npm pack @salesforce/code-analyzer-pmd-engine@0.46.0                          # and unpack
    unzip -d STUBS dist/java-lib/standard-types-65.0.0.jar
    find STUBS -name '*.class' | xargs javap -public > classes.txt
    python -m rehearsal.org.check.data.platform_classes classes.txt

One class a line: its name with the namespace, a tab, its superclass, a tab, and the names of its
members divided by spaces.
"""

from __future__ import annotations

import lzma
import re
import sys
from collections.abc import Iterator
from pathlib import Path

OUTPUT = Path(__file__).with_name("platform_classes.xz")

_PREFIX = r"com\.nawforce\.runforce\."
_CLASS = re.compile(
    rf"^public (?:\w+ )*(?:class|interface|enum) {_PREFIX}([\w.$]+)"
    rf"(?:<.*?>)?(?: extends {_PREFIX}([\w.$]+))?"
)
_METHOD = re.compile(r" (\w+)\$?\(")
_FIELD = re.compile(r" (\w+)\$?;$")


def classes(lines: list[str]) -> Iterator[str]:
    """One line for each class."""
    name, base, members = "", "", set[str]()
    for line in lines:
        if found := _CLASS.match(line):
            name, base, members = (
                found[1].replace("$", "."),
                (found[2] or "").replace("$", "."),
                set(),
            )
        elif line.startswith("}") and name:
            yield f"{name}\t{base}\t{' '.join(sorted(members))}"
            name = ""
        elif member := _METHOD.search(line) or _FIELD.search(line):
            members.add(member[1])


def main(listing: Path) -> None:
    text = "\n".join(sorted(classes(listing.read_text("utf-8").split("\n"))))
    OUTPUT.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
