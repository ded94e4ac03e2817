"""Speed, memory, calibration and power, measured beside others in the same run. `make bench` drives it."""
