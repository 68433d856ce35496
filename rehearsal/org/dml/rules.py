"""The rules of the standard objects by object."""

from __future__ import annotations

from rehearsal.org.dml.products import EntryRule, LineRule
from rehearsal.org.dml.standard_rules import (
    AssignmentRule,
    ContractRule,
    EventRule,
    OpportunityRule,
    PersonRule,
    StandardRule,
    TaskRule,
    UserRule,
)

RULES: dict[str, StandardRule] = {
    "Contact": PersonRule(),
    "Contract": ContractRule(),
    "Event": EventRule(),
    "Opportunity": OpportunityRule(),
    "OpportunityLineItem": LineRule(),
    "PermissionSetAssignment": AssignmentRule(),
    "PricebookEntry": EntryRule(),
    "Task": TaskRule(),
    "User": UserRule(),
}
