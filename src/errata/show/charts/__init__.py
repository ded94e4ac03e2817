"""Results as charts: one module per picture, each a function of a result that returns a ``Chart``."""
