"""The least Django project that has dj-stripe: run by the Python of its own environment."""
