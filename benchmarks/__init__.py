"""The performance claims, each measured against something in the same run."""
