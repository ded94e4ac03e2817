"""Tasks: predictions and truth become outcomes."""
