"""Packaged data: the land fraction, profiles of computers, the default model. Origins stand in ORIGINS.md."""
