"""Engines answer what analyses ask."""
