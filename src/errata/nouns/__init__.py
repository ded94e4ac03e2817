"""The nouns: facts are computed and frozen, records are edited by people. Pure types, no input and no output."""
