"""Reports and vulnerabilities of the AI Vulnerability Database."""
