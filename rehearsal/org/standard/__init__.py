"""What every org has: standard objects, system fields and the rows of a new org.

Each object is one TOML file in `objects/`; `system` holds the fields that records of one kind
share. Sources: Object Reference for the Salesforce Platform.
"""

from rehearsal.org.standard.load import seed_rows, standard_schema
from rehearsal.org.standard.system import system_fields

__all__ = ["seed_rows", "standard_schema", "system_fields"]
