"""What a satellite has aboard: `recorder` with its memory, `workbench` with its processor, `transmitter`, `battery`."""
