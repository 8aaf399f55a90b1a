"""A small page on this machine alone: open results, change a scenario's knobs, fly it, set two flights side by side.

`serve` listens on the loopback address. `site` has the addresses and what each answers, `guard` who may ask,
`knobs` makes forms from the scenario's JSON Schema, `runway` lets one flight at a time fly in a process of its own
(`flight`, by lines that `telling` keeps to it alone), `shelf` finds what may be opened, and `page/` is what the browser gets: no guest, no other site.
"""
