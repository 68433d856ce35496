"""The source of what the org is now, file by file, in source format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from rehearsal.org.server.metadata.components import Component, Place, path_in_tree, place_of

Files = Mapping[PurePosixPath, bytes]
_FOLDER = "source"


class SourceTree:
    """Never changed in place: a deployment makes a new one."""

    def __init__(self, files: Files) -> None:
        self.files = dict(files)
        self.components: dict[tuple[str, str], Place] = {}
        for path in self.files:
            place = place_of(path)
            if place is not None:
                self.components.setdefault(place.component.key, place)

    @classmethod
    def of_project(cls, root: Path) -> SourceTree:
        """The files of a project that has been loaded, as they are on the disk now."""
        project = json.loads((root / "sfdx-project.json").read_text("utf-8"))
        files: dict[PurePosixPath, bytes] = {}
        for item in project["packageDirectories"]:
            folder = root / str(item["path"])
            for path in sorted(folder.rglob("*")):
                inside = PurePosixPath(path.relative_to(folder))
                if path.is_file() and not any(part.startswith(".") for part in inside.parts):
                    files[path_in_tree(inside)] = path.read_bytes()
        return cls(files)

    def __contains__(self, component: Component) -> bool:
        return component.key in self.components

    def with_files(self, files: Files) -> SourceTree:
        """With these files added, or in the place of those of the same path in any case."""
        new = {str(path).lower() for path in files}
        kept = {path: held for path, held in self.files.items() if str(path).lower() not in new}
        return SourceTree({**kept, **files})

    def changed(self, files: Files, paths: Iterable[PurePosixPath]) -> bool:
        """Whether any of these paths has another content in `files`."""
        return any(self.files.get(path) != files[path] for path in paths)

    def write(self, root: Path) -> None:
        """Writes an sfdx project."""
        folder = root / _FOLDER
        folder.mkdir()
        project = {"packageDirectories": [{"path": _FOLDER, "default": True}]}
        (root / "sfdx-project.json").write_text(json.dumps(project), "utf-8")
        for path, content in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def path_of(self, root: Path, path: Path | None) -> PurePosixPath | None:
        """The path in this tree of a file that `write` has written."""
        if path is None or not path.is_relative_to(root / _FOLDER):
            return None
        return PurePosixPath(path.relative_to(root / _FOLDER))
