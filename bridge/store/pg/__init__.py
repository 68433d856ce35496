"""The inbox in PostgreSQL, for several bridges at once. It needs the extra ``postgres``."""
