"""payload-sim: an Earth-observation payload that decides on board which pixels are worth sending.

The door is `payload.api`; the command line is `payload-sim`. Read `payload/sim/mission.py` first: it
tells the story of a flight in one page. The rooms, from the nouns to the page a person reads:

    scenario    what the customer asks us to fly        world        the Earth we photograph
    orbit       where the satellite is, whom it sees    imaging      what the camera can take
    masking     which pixels are cloud                  pruning      what is worth keeping
    compression how the kept tiles shrink               downlink     how much a contact carries
    scheduling  what to image next                      energy       what the computer needs
    ledger      where every byte went                   sim          the flight itself
    surrogate   masker and codec as a distribution      analysis     numbers from ledgers
    products    files for engineers' tools              report       one page a person can read
    training    the wing that makes the masker
"""

__version__ = "0.1.0"
