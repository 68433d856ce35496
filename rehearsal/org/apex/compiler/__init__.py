"""Apex trees to Python closures. Importing the rooms registers their node handlers."""
