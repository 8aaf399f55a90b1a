"""What a satellite carries: `recorder` with its memory, `workbench` with its processor, `transmitter`, `battery`."""
