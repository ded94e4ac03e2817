"""Other tools, measured in their own environment by scripts that import nothing of ours."""
