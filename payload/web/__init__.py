"""A small page for this machine alone: open results, change a scenario's knobs, fly it, set two flights side by side.

`serve` listens on the loopback address. `site` has the routes and their answers, `guard` decides who may ask, `knobs`
makes forms from the scenario's JSON Schema, `runway` runs one flight at a time in its own process (`flight`, which
reports through `telling`, on a stream of its own), `shelf` finds what may be opened, and `page/` is what the browser
gets: it uses no third-party code and no other site.
"""
