"""Commands with many options, a module each; `payload.cli` makes them commands and prints what they answer.

A function here has the options of its command, calls one function of `payload.api` and returns what is
to be said. Nothing heavy is imported before a command needs it.

>>> from payload.commands.world import place
>>> place("48.1,11.5")
(48.1, 11.5)
"""
