"""Which files a project may hold, by their suffix."""

from __future__ import annotations

from pathlib import PurePath

PASSED = frozenset(
    {
        "app", "tab", "layout", "listView", "fieldSet", "compactLayout", "webLink", "report",
        "reportFolder", "reportType", "dashboard", "dashboardFolder", "flexipage",
        "quickAction", "translation", "objectTranslation", "globalValueSetTranslation",
        "standardValueSetTranslation", "resource", "platformEventChannel",
        "platformEventChannelMember", "eca", "ecaOauth", "ecaOauthPlcy", "ecaPlcy",
        "ecaGlblOauth", "permissionsetgroup", "pathAssistant", "index", "asset", "remoteSite",
        "cspTrustedSite", "testSuite", "prompt", "homePageLayout",
    }
)  # fmt: skip
"""Component types that change nothing of what runs here, and are not interpreted."""

BUNDLES = frozenset({"lwc", "aura", "staticresources", "experiences", "translations"})
"""Folders whose content is user interface."""

IGNORED_NAMES = frozenset({"package.xml", "jsconfig.json", "README.md"})


def component_suffix(path: PurePath) -> str | None:
    """`field` of `X__c.field-meta.xml`; None for a file without `-meta.xml`."""
    if not path.name.endswith("-meta.xml"):
        return None
    return path.name.removesuffix("-meta.xml").rpartition(".")[2]


def component_name(path: PurePath) -> str:
    """`X__c` of `X__c.field-meta.xml`, `Trigger` of `Trigger.trigger`."""
    return path.name.removesuffix("-meta.xml").rpartition(".")[0]
