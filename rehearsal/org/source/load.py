"""Walks the package directories of a project and merges what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from rehearsal.org.currencies import currency_rows, give_codes
from rehearsal.org.errors import MetadataError, OrgError, Unsupported, Where
from rehearsal.org.options import OrgOptions
from rehearsal.org.schema import Field, ObjectKind, ObjectType, ValidationRule
from rehearsal.org.source import objects
from rehearsal.org.source.checks import check_schema
from rehearsal.org.source.components import (
    BUNDLES,
    IGNORED_NAMES,
    PASSED,
    component_name,
    component_suffix,
)
from rehearsal.org.source.custom_metadata import read_record
from rehearsal.org.source.faults import Faults
from rehearsal.org.source.fields import read_field
from rehearsal.org.source.forceignore import ignored
from rehearsal.org.source.labels import read_labels
from rehearsal.org.source.merge import merge_object
from rehearsal.org.source.notification_types import read_notification_type
from rehearsal.org.source.permission_sets import (
    check_permission_set,
    check_subscriber_config,
    read_custom_permission,
    read_permission_set,
    read_subscriber_config,
)
from rehearsal.org.source.project import Project, SourceFile
from rehearsal.org.source.value_sets import read_standard_value_set
from rehearsal.org.source.xml import read_xml
from rehearsal.org.standard import seed_rows, standard_schema
from rehearsal.org.standard.value_sets import apply

_CODE = frozenset({"cls", "trigger"})


@dataclass(slots=True)
class _Parts:
    """The files of a project by what they are."""

    code: list[Path] = field(default_factory=list)
    components: dict[str, list[Path]] = field(default_factory=dict)

    def of(self, suffix: str) -> list[Path]:
        return self.components.get(suffix, [])


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a project. `consequences` may only follow from `faults`."""

    project: Project
    faults: list[OrgError]
    consequences: list[OrgError]


def load_project(root: Path, options: OrgOptions | None = None) -> Project:
    """Reads every package directory of `sfdx-project.json`, for an org with these options.

    Raises MetadataError for a component that is wrong, Unsupported for one that this org lacks,
    an ExceptionGroup of them when there are several.
    """
    reading = read_project(root, options)
    Faults(reading.faults).raise_any()
    return reading.project


def read_project(root: Path, options: OrgOptions | None = None) -> Reading:
    """Reads on where a component is wrong; the project then lacks it.

    Raises MetadataError or Unsupported for an `sfdx-project.json` that cannot be used.
    """
    parts, faults = _Parts(), Faults()
    skipped = ignored(root)
    for folder in _package_directories(root):
        for path in _files(folder):
            with faults.gather():
                if not skipped(path) and not BUNDLES & set(path.relative_to(folder).parts):
                    _sort(path, parts)
    project = _new_project(root, options or OrgOptions())
    for path in parts.of("standardValueSet"):
        with faults.gather():
            read_standard_value_set(path, component_name(path), project)
    apply(project.schema, project.setting_rows)
    consequences = _load_objects(parts, project, faults)
    if project.options.currencies is not None:
        give_codes(project.schema, project.options.currencies)
    for path in parts.of("notiftype"):
        with faults.gather():
            read_notification_type(path, component_name(path), project)
    for path in parts.of("labels"):
        with faults.gather():
            read_labels(path, project.schema)
    _load_code(parts, project, faults)
    _load_grants(parts, project, faults)
    # a part that could not be read is missing from the whole
    _check(parts, project, consequences if faults.found else faults)
    return Reading(project, faults.found, consequences.found)


def _new_project(root: Path, options: OrgOptions) -> Project:
    """A project without components of its own."""
    currencies = options.currencies
    if currencies is None:
        project = Project(root, standard_schema(), options, setting_rows=seed_rows())
    else:
        advanced = ("advanced currency management",) if currencies.advanced else ()
        schema = standard_schema(("multicurrency", *advanced))
        schema.multicurrency, schema.advanced_currencies = True, currencies.advanced
        schema.currency = currencies.corporate
        rows = seed_rows() | currency_rows(currencies)
        project = Project(root, schema, options, setting_rows=rows)
    project.schema.time_zone = options.time_zone
    return project


def _check(parts: _Parts, project: Project, faults: Faults) -> None:
    check_schema(project.schema, faults)
    for path in parts.of("md"):
        with faults.gather():
            read_record(path, component_name(path), project.schema)
    triggers = {source.name.lower() for source in project.triggers}
    for config in project.subscriber_configs:
        with faults.gather():
            check_subscriber_config(config, project.schema, triggers)
    for granted in project.permission_sets.values():
        with faults.gather():
            check_permission_set(granted, project)


def _package_directories(root: Path) -> list[Path]:
    path = root / "sfdx-project.json"
    where = Where(path)
    try:
        data = json.loads(path.read_text("utf-8"))
        folders = [root / str(item["path"]) for item in data["packageDirectories"]]
    except FileNotFoundError:
        raise MetadataError("no sfdx-project.json here", where) from None
    except (ValueError, KeyError, TypeError):
        raise MetadataError("packageDirectories cannot be read", where) from None
    if data.get("namespace"):
        raise Unsupported("a namespace", where)
    for folder in folders:
        if not folder.is_dir():
            raise MetadataError(f"package directory {folder.name} does not exist", where)
    return list(dict.fromkeys(folders))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.name not in IGNORED_NAMES:
            yield path


def _sort(path: Path, parts: _Parts) -> None:
    suffix = component_suffix(path)
    if suffix is None:
        code = path.suffix.removeprefix(".")
        if code not in _CODE:
            raise Unsupported(f"a component of type {path.name}", Where(path))
        parts.code.append(path)
    elif suffix in _CODE:
        if not path.with_name(path.name.removesuffix("-meta.xml")).exists():
            raise MetadataError("there is no code beside it", Where(path))
    elif suffix in _READ:
        parts.components.setdefault(suffix, []).append(path)
    elif suffix not in PASSED:
        raise Unsupported(f"a component of type {suffix}", Where(path))


_READ = frozenset(
    {
        "object", "field", "validationRule", "flow", "permissionset", "customPermission",
        "platformEventSubscriberConfig", "md", "standardValueSet", "labels",
        "notiftype",
    }
)  # fmt: skip


def _load_code(parts: _Parts, project: Project, faults: Faults) -> None:
    for path in parts.code:
        with faults.gather():
            _check_code_meta(path)
            source = SourceFile(path, path.stem, path.read_text("utf-8"))
            target = project.classes if path.suffix == ".cls" else project.triggers
            _once({known.name for known in target}, source.name, path)
            target.append(source)
    for path in parts.of("flow"):
        with faults.gather():
            _once({known.name for known in project.flows}, component_name(path), path)
            project.flows.append(SourceFile(path, component_name(path), path.read_text("utf-8")))


def _check_code_meta(path: Path) -> None:
    meta = path.with_name(f"{path.name}-meta.xml")
    if not meta.exists():
        raise MetadataError("there is no -meta.xml beside it", Where(path))
    node = read_xml(meta, "ApexClass" if path.suffix == ".cls" else "ApexTrigger")
    node.only(frozenset({"apiVersion", "status", "description"}))
    node.need("apiVersion")
    if node.text("status") not in (None, "Active"):
        raise Unsupported(f"status {node.text('status')}", node.where)


def _load_grants(parts: _Parts, project: Project, faults: Faults) -> None:
    for path in parts.of("customPermission"):
        name = component_name(path)
        with faults.gather():
            _once(project.custom_permissions, name, path)
            project.custom_permissions[name] = read_custom_permission(path, name)
            project.schema.custom_permissions.add(name.lower())
    for path in parts.of("permissionset"):
        name = component_name(path)
        with faults.gather():
            _once(project.permission_sets, name, path)
            project.permission_sets[name] = read_permission_set(path, name)
    for path in parts.of("platformEventSubscriberConfig"):
        with faults.gather():
            config = read_subscriber_config(path, component_name(path))
            project.subscriber_configs.append(config)


def _once(known: Iterable[str], name: str, path: Path) -> None:
    if name.lower() in {item.lower() for item in known}:
        raise MetadataError(f"{name} is there twice", Where(path))


def _load_objects(parts: _Parts, project: Project, faults: Faults) -> Faults:
    """Returns what may only follow from the faults before it."""
    declared: dict[str, ObjectType] = {}
    with_activities: list[str] = []
    for path in parts.of("object"):
        with faults.gather():
            name = _object_of(path, depth=1)
            _once(declared, name, path)
            declared[name] = objects.read_object(path, name)
            if declared[name].kind is ObjectKind.CUSTOM and objects.allows_activities(path):
                with_activities.append(name)
    fields: dict[str, list[Field]] = {}
    for path in parts.of("field"):
        with faults.gather():
            made = read_field(path)
            if made.name != component_name(path):
                raise MetadataError(
                    f"fullName {made.name} differs from the file's name", Where(path)
                )
            fields.setdefault(_object_of(path, depth=2), []).append(made)
    rules: dict[str, list[ValidationRule]] = {}
    for path in parts.of("validationRule"):
        with faults.gather():
            rule = objects.read_validation_rule(path)
            rules.setdefault(_object_of(path, depth=2), []).append(rule)
    consequences = Faults()
    merging = consequences if faults.found else faults
    for name in sorted({*declared, *fields, *rules}):
        with merging.gather():
            merge_object(
                project.schema,
                name,
                declared.get(name),
                fields.get(name, []),
                rules.get(name, []),
            )
    _allow_activities(project, with_activities)
    return consequences


def _object_of(path: Path, depth: int) -> str:
    """The object of a file in `objects/<name>/…`, in the decomposed source format."""
    folder = path.parents[depth - 1]
    if folder.parent.name != "objects":
        raise MetadataError("not in objects/<object>", Where(path))
    return folder.name


def _allow_activities(project: Project, names: list[str]) -> None:
    for activity in ("task", "event"):
        target = project.schema.objects[activity]
        about = target.fields["whatid"]
        target.fields["whatid"] = replace(about, reference_to=(*about.reference_to, *names))
