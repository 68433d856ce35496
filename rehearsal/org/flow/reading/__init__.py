"""From metadata XML to `model`, by kind of component."""
