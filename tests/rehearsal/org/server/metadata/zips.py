"""Packages in metadata format, as a client of the Metadata API builds them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CHILDREN = {
    "field": ("fields", "CustomField"),
    "validationRule": ("validationRules", "ValidationRule"),
    "listView": ("listViews", "ListView"),
    "compactLayout": ("compactLayouts", "CompactLayout"),
}
_TYPES = {
    "cls": ("classes", "ApexClass"),
    "trigger": ("triggers", "ApexTrigger"),
    "flow": ("flows", "Flow"),
    "permissionset": ("permissionsets", "PermissionSet"),
    "md": ("customMetadata", "CustomMetadata"),
    "layout": ("layouts", "Layout"),
    "tab": ("tabs", "CustomTab"),
    "app": ("applications", "CustomApplication"),
    "flexipage": ("flexipages", "FlexiPage"),
    "quickAction": ("quickActions", "QuickAction"),
    "reportType": ("reportTypes", "ReportType"),
    "customPermission": ("customPermissions", "CustomPermission"),
    "platformEventChannel": ("platformEventChannels", "PlatformEventChannel"),
    "platformEventChannelMember": ("platformEventChannelMembers", "PlatformEventChannelMember"),
    "notiftype": ("notificationtypes", "CustomNotificationType"),
    "platformEventSubscriberConfig": (
        "PlatformEventSubscriberConfigs",
        "PlatformEventSubscriberConfig",
    ),
}
_IN_FOLDERS = {"report": ("reports", "Report"), "dashboard": ("dashboards", "Dashboard")}
_LEFT_OUT = "__tests__"
"""Beside a Lightning web component, and no part of it."""


def zip_of(files: Mapping[str, str], root: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{root}{name}", text)
    return out.getvalue()


def package_xml(**members: list[str] | str) -> str:
    types = "".join(
        "<types>"
        + "".join(f"<members>{name}</members>\n" for name in [names] if isinstance(names, str))
        + "".join(f"<members>{name}</members>\n" for name in names if not isinstance(names, str))
        + f"<name>{kind}</name></types>\n"
        for kind, names in members.items()
    )
    return f'{HEAD}<Package xmlns="{NAMESPACE}">\n{types}<version>66.0</version></Package>'


def component(kind: str, body: str) -> str:
    return f'{HEAD}<{kind} xmlns="{NAMESPACE}">\n{body}\n</{kind}>'


def apex(name: str, text: str, kind: str = "class") -> dict[str, str]:
    folder, suffix = ("classes", "cls") if kind == "class" else ("triggers", "trigger")
    root = "ApexClass" if kind == "class" else "ApexTrigger"
    meta = "<apiVersion>66.0</apiVersion><status>Active</status>"
    return {
        f"{folder}/{name}.{suffix}": text,
        f"{folder}/{name}.{suffix}-meta.xml": component(root, meta),
    }


def field(name: str, kind: str, more: str = "") -> str:
    label = name.removesuffix("__c")
    return (
        f"    <fields>\n        <fullName>{name}</fullName>\n        <label>{label}</label>\n"
        f"        <type>{kind}</type>{more}\n    </fields>\n"
    )


def project_zip(project: Path) -> bytes:
    """A whole project, converted as the CLI does it."""
    described = json.loads((project / "sfdx-project.json").read_text())
    folders = [project / item["path"] for item in described["packageDirectories"]]
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    files: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    objects: dict[str, etree._Element] = {}
    whole = {p.name.partition(".")[0]: p for p in paths if p.name.endswith(".object-meta.xml")}
    for name, path in whole.items():
        objects[name] = etree.parse(path).getroot()
        members.setdefault("CustomObject", []).append(name)
    for path in paths:
        name, _, suffix = path.name.removesuffix("-meta.xml").rpartition(".")
        if "lwc" in path.parts:
            if _LEFT_OUT not in path.parts:
                bundle = path.parts[path.parts.index("lwc") + 1]
                files[f"lwc/{bundle}/{path.name}"] = path.read_text()
                if bundle not in members.setdefault("LightningComponentBundle", []):
                    members["LightningComponentBundle"].append(bundle)
        elif suffix in _IN_FOLDERS:
            folder, kind = _IN_FOLDERS[suffix]
            files[f"{folder}/{path.parent.name}/{name}.{suffix}"] = path.read_text()
            members.setdefault(kind, []).append(f"{path.parent.name}/{name}")
        elif suffix.removesuffix("Folder") in _IN_FOLDERS:
            folder, kind = _IN_FOLDERS[suffix.removesuffix("Folder")]
            files[f"{folder}/{name}-meta.xml"] = path.read_text()
            members.setdefault(kind, []).append(name)
        elif suffix in _CHILDREN:
            tag, kind = _CHILDREN[suffix]
            parent = path.parent.parent.name
            root = objects.setdefault(
                parent, etree.Element(f"{{{NAMESPACE}}}CustomObject", nsmap={None: NAMESPACE})
            )
            part = etree.parse(path).getroot()
            part.tag = f"{{{NAMESPACE}}}{tag}"
            root.append(part)
            members.setdefault(kind, []).append(f"{parent}.{name}")
        elif suffix in _TYPES:
            folder, kind = _TYPES[suffix]
            code = suffix in {"cls", "trigger"}
            file = path.name if code else path.name.removesuffix("-meta.xml")
            files[f"{folder}/{file}"] = path.read_text()
            if not code or not path.name.endswith("-meta.xml"):
                members.setdefault(kind, []).append(name)
        elif suffix != "object":
            raise AssertionError(path)
    for name, root in objects.items():
        files[f"objects/{name}.object"] = HEAD + etree.tostring(root, encoding="unicode")
    return zip_of({"package.xml": package_xml(**members), **files})
