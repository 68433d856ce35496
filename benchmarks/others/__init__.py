"""Receivers that people would otherwise pick, installed on demand and served as they say."""
