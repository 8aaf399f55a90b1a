"""Options for transfer frames and acquisition of lock, common to all kinds of link.

Source: CCSDS 131.0 and 132.0 for the frame; the rest is assumed, as each option says.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from payload.errors import ScenarioError

ACQUISITION_S: Mapping[str, Any] = MappingProxyType(
    {
        "default": 10.0,
        "description": "[s] From rising above the mask to lock; nothing flows before. Assumption: 10 s.",
        "ge": 0.0,
        "le": 3600.0,
    }
)
FRAME_BYTES: Mapping[str, Any] = MappingProxyType(
    {
        "default": 1115,
        "description": "[byte] Size of a transfer frame on the channel. 1115 fills a CCSDS Reed-Solomon block"
        " (255, 223) of interleaving 5 (CCSDS 131.0, 132.0).",
        "ge": 16,
        "le": 65_536,
    }
)
FRAME_PAYLOAD_BYTES: Mapping[str, Any] = MappingProxyType(
    {
        "default": 1107,
        "description": "[byte] Bytes of tile records per frame: 1115 less 6 of header and 2 of"
        " frame error control (CCSDS 132.0).",
        "ge": 1,
        "le": 65_535,
    }
)
MAX_RESENDS: Mapping[str, Any] = MappingProxyType(
    {
        "default": 3,
        "description": "How often the missing frames of a record are requested again before it is given up"
        " as lost.",
        "ge": 0,
        "le": 1000,
    }
)


def check_frame(frame_bytes: int, frame_payload_bytes: int) -> None:
    """Raise ScenarioError if a frame's payload is not shorter than the frame."""
    if frame_payload_bytes >= frame_bytes:
        raise ScenarioError(
            f"frame_payload_bytes is {frame_payload_bytes}; expected less than {frame_bytes}, as"
            " frame_bytes includes a header"
        )
