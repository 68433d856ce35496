"""Saving records by Salesforce's order of execution."""

from rehearsal.org.dml.formulas import Formulas, check_formulas
from rehearsal.org.dml.incoming import Incoming
from rehearsal.org.dml.rollups import RollUps
from rehearsal.org.dml.session import Engine
from rehearsal.org.dml.transaction import OrgTransaction

__all__ = ["Engine", "Formulas", "Incoming", "OrgTransaction", "RollUps", "check_formulas"]
