"""Refusals by which a package tells that it is older than the bridge.

They are of every event that a newer bridge sends, so they blame none of them: whoever deploys the
package has them all applied.
"""

from __future__ import annotations

import re

from bridge.contract import Outcome, ReceiptResult
from bridge.errors import PackageMissing

_SAYS = re.compile(
    # BridgeEventParser, of a contract that it does not know.
    r"does not know contract version"
    # Of a field or an object that is not there: JSON.deserialize into an sObject, and SOQL.
    r"|No such column|Invalid sObject type|sObject type '[^']*' is not supported",
    re.IGNORECASE,
)


def package_fault(result: ReceiptResult) -> PackageMissing | None:
    """The fault behind a ``failed`` that is the package's, with what it lacks."""
    if result.outcome is not Outcome.FAILED or not _SAYS.search(result.reason):
        return None
    return PackageMissing(
        f"the package in the org is older than this bridge: {result.reason} "
        "Deploy this version's package; the events wait"
    )
