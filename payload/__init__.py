"""payload-sim: an Earth-observation payload that decides on board which pixels are worth sending.

The programming interface is `payload.api`; the command line is `payload-sim`. Read `payload/sim/mission.py`
first: it tells the story of a flight in one page. The packages, from the scenario to the report:

    scenario    everything that defines a simulation    world        the Earth to be imaged
    orbit       where the satellite is, what it sees    imaging      what the camera can take
    masking     which pixels are cloud                  pruning      what is worth keeping
    compression how the kept tiles shrink               downlink     how much a contact carries
    scheduling  what to image next                      energy       what the computer needs
    ledger      where every byte went                   sim          the flight itself
    surrogate   masker and codec as a distribution      analysis     numbers from ledgers
    products    files for engineers' tools              report       one page a person can read
    training    how the masker is trained
"""

import os

# Otherwise onnxruntime (seen in 1.32) keeps a device id and a log of its sessions in the user's cache and tries to send both
# to its vendor. It reads this variable once, when it is loaded, so a later call would come too late.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
