"""What each element does, compiled to a step."""
