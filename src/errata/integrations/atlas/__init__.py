"""Case studies of MITRE ATLAS."""
