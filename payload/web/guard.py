"""Who may ask: only a browser on this machine, from this page. Another site cannot fly, read, or frame anything.

- The Host must be ours: another name that points to the loopback address (DNS rebinding) is refused.
- What a browser sends on behalf of another site (`Sec-Fetch-Site`, `Origin`) is refused.
- Requests that change something must carry the token given only to our page, and be JSON, which no form can send.

Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet; W3C Fetch Metadata Request Headers.
"""

import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-payload-sim-token"
MOST_BODY_BYTES = 1_000_000
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For reports, which are untrusted: a report has no origin, so it can request nothing from us."""
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass
class Guard:
    """Stands in front of the site; refuses with 403, or with 413 if too much is sent."""

    app: ASGIApp
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        why = self._refusal(scope)
        if why:
            status = 413 if why == _TOO_MUCH else 403
            await PlainTextResponse(why, status)(scope, receive, _with_headers(send))
            return
        await self.app(scope, _bounded(receive), _with_headers(send))

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return "this page is served to this machine only"
        site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
        if site not in {"none", "same-origin"} or origin not in {None, f"http://{host}"}:
            return "requests from other sites are refused"
        return "" if scope["method"] in {"GET", "HEAD"} else self._change_refusal(headers)

    @property
    def _hosts(self) -> set[str]:
        names = {"127.0.0.1", "localhost"}
        return {f"{name}:{self.port}" for name in names} | (names if self.port == 80 else set())

    def _change_refusal(self, headers: Headers) -> str:
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            return "the request must be JSON"
        said = headers.get(TOKEN_HEADER, "").encode("latin-1", "replace")
        if not secrets.compare_digest(said, self.token.encode()):
            return "the page is out of date: reload it"
        length = headers.get("content-length", "")
        return "" if length.isdecimal() and int(length) <= MOST_BODY_BYTES else _TOO_MUCH


_TOO_MUCH = f"at most {MOST_BODY_BYTES:,} bytes are accepted, and content-length must be given"


def _bounded(receive: Receive) -> Receive:
    """End a request whose body exceeds the limit; servers that enforce the stated length need no such check, others do."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= MOST_BODY_BYTES else {"type": "http.disconnect"}

    return bounded


def _with_headers(send: Send) -> Send:
    """Add security headers to every answer, except those that it sets itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            told = {**_ALWAYS, "content-security-policy": PAGE_POLICY}
            message["headers"] = [
                *message["headers"],
                *((k.encode(), v.encode()) for k, v in told.items() if k.encode() not in own),
            ]
        await send(message)

    return sending
