"""Perturbations: what is done to an input to learn what a model bears."""
