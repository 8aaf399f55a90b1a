"""A plug-in chosen in a scenario: `kind`, with its options beside it on the same level."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializeAsAny,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from payload import registry
from payload.errors import PayloadError
from payload.provenance import digest_json, digest_path


class Choice(BaseModel):
    """One plug-in of a socket and its validated options; subclasses name the socket.

    >>> CodecChoice.model_validate({"kind": "med-zstd", "level": 3}).kind
    'med-zstd'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    socket: ClassVar[str]
    default_kind: ClassVar[str | None] = None
    kind: str
    options: SerializeAsAny[BaseModel]

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, Mapping):
            raise PydanticCustomError("choice", "expected a mapping with a `kind`")
        flat = dict(value)
        kind = flat.pop("kind", cls.default_kind)
        if not isinstance(kind, str):
            known = ", ".join(registry.kinds(cls.socket))
            raise PydanticCustomError(
                "choice", "expected a key `kind`, one of: {known}", {"known": known}
            )
        try:
            options = registry.validate(cls.socket, kind, flat, info.context)
        except PayloadError as error:
            raise PydanticCustomError("plugin", "{why}", {"why": str(error)}) from error
        return {"kind": kind, "options": options}

    @model_validator(mode="after")
    def _build_once(self) -> Self:
        try:
            self.build()
        except PayloadError as error:
            raise PydanticCustomError("plugin", "{why}", {"why": str(error)}) from error
        return self

    @model_serializer
    def _flat(self, info: SerializationInfo) -> dict[str, Any]:
        dumped = self.options.model_dump(mode=info.mode, context=info.context)
        return {"kind": self.kind, **dumped, **self._beside(info)}

    def _beside(self, info: SerializationInfo) -> dict[str, str]:
        """For a digest, the content of files that the plug-in reads although no option names them."""
        has_some = hasattr(registry.plugin(self.socket, self.kind), "files_beside")
        if not (has_some and (info.context or {}).get("digest")):
            return {}
        beside: tuple[Path, ...] = getattr(self.build(), "files_beside")  # noqa: B009 - of a third party
        digests = [digest_path(path) for path in beside]
        return {"files_beside": f"sha256:{digest_json(digests)}"} if digests else {}

    def build(self, **given: object) -> object:
        """The plug-in itself, supplied with what the caller knows (seed, names)."""
        return registry.build(self.socket, self.kind, self.options, **given)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """One alternative for each installed kind, with its options beside `kind` on the same level."""
        alternatives = []
        for kind in registry.kinds(cls.socket):
            schema = registry.options_model(cls.socket, kind).model_json_schema(
                ref_template="#/$defs/{model}"
            )
            schema.pop("$defs", None)
            schema["properties"] = {
                "kind": {"const": kind, "type": "string"},
                **schema.get("properties", {}),
            }
            named = [] if kind == cls.default_kind else ["kind"]
            schema["required"] = [*named, *schema.get("required", [])]
            alternatives.append(schema)
        return {"description": (cls.__doc__ or "").partition("\n")[0], "oneOf": alternatives}


class PropagatorChoice(Choice):
    """Source of the satellite's orbit."""

    socket = "payload.propagator"


class SceneSourceChoice(Choice):
    """What the camera sees: a synthetic Earth or rasters of your own."""

    socket = "payload.scene_source"


class MaskerChoice(Choice):
    """Which pixels are cloud."""

    socket = "payload.masker"
    default_kind = "onnx"


class CodecChoice(Choice):
    """How the kept tiles are compressed."""

    socket = "payload.codec"
    default_kind = "med-zstd"


class SchedulerChoice(Choice):
    """What to image next."""

    socket = "payload.scheduler"
    default_kind = "fifo"


class LinkChoice(Choice):
    """How much a contact carries."""

    socket = "payload.link"
