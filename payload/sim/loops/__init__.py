"""The planning loops: who plans, when, and with what knowledge. Read `loop.py` first.

`policies` lists them: one plan for the fleet (`at_once`), planning via the ground (`ground_loop`), by the satellites
themselves (`on_board`), and with a look-ahead camera (`look_ahead`).
"""
