"""Labelled images as the world publishes them, each layout a module with one verb, `read`."""
