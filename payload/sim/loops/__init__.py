"""The loops: who plans, when, and upon what is known there and then. Read `loop.py` first.

`policies` names them: one plan for the fleet (`at_once`), through the ground (`ground_loop`), by the satellites themselves
(`on_board`), and with a camera that looks ahead (`look_ahead`).
"""
