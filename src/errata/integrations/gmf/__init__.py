"""The Goal, Method, Failure labels of the AI Incident Database."""
