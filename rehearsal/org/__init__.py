"""A small Salesforce org on this machine. It knows no package but what it is given."""
