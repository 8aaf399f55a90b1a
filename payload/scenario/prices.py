"""Prices of station time, data and energy; none is assumed."""

from typing import Literal, Self

from pydantic import Field, model_validator

from payload.scenario.section import Section

MOST = 1e12


class PricesModel(Section):
    """Prices in one currency; everything costs 0 unless given, as there are no typical prices."""

    currency: str = Field(
        pattern=r"^[A-Za-z][A-Za-z ]{0,15}$",
        description="Name of the currency, such as EUR or credits.",
    )
    contact_minute: float = Field(
        0.0,
        ge=0,
        le=MOST,
        description="[currency/min] Time of a pass over a station, by the second.",
    )
    contact_pass: float = Field(0.0, ge=0, le=MOST, description="[currency] Per pass.")
    passes: Literal["all", "used"] = Field(
        "all",
        description="Which passes are paid for: all that an antenna had time for, from AOS to "
        "LOS, or only those in which something came down.",
    )
    gigabyte: float = Field(
        0.0,
        ge=0,
        le=MOST,
        description="[currency/GB] Data received on the ground: tile records, cover reports, "
        "thumbnails; 1 GB = 1e9 bytes.",
    )
    watt_hour: float = Field(
        0.0,
        ge=0,
        le=MOST,
        description="[currency/Wh] Energy used on board: all that the battery supplied; without "
        "a battery, computing alone.",
    )

    @model_validator(mode="after")
    def _something_costs(self) -> Self:
        if not (self.contact_minute or self.contact_pass or self.gigabyte or self.watt_hour):
            raise ValueError(
                "all prices are 0: give contact_minute, contact_pass, gigabyte or watt_hour, or leave prices out"
            )
        return self
