"""Who may talk to a server: pages of its own address, on this machine, and nobody else.

A page of another site that is open in the same browser can send requests to this machine. They name their own
`Origin`, or a `Host` that is not ours where a name was made to point here; both are refused. Where there is a
secret, pages bring it in the address that is opened first, programs as `Authorization: Bearer`.
"""

import re
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = ("127.0.0.1", "localhost", "[::1]", "::1")
LARGEST = 12 << 20
"""Bytes of a request."""
COOKIE = "striate-lab"
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+)(?::[0-9]+)?")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; media-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class TooLargeError(Exception):
    """A request that does not end."""

    def __init__(self, largest: int) -> None:
        """largest: bytes that a request may have."""
        super().__init__(f"at most {largest / (1 << 20):g} MiB a request")


class Guard:
    """Stands before the whole application."""

    def __init__(
        self, app: ASGIApp, host: str, token: str | None, *, largest: int = LARGEST, what: str = "lab"
    ) -> None:
        """Puts itself before an application.

        Args:
            app: that is guarded.
            host: the address that the server is bound to.
            token: the secret that a visitor must bring.
            largest: bytes of a request.
            what: the server is, in sentences.
        """
        self.app, self.host, self.token, self.largest, self.what = app, host, token, largest, what

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what is not allowed, hands on the rest."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        problem = self._problem(headers)
        if problem is not None:
            return await self._refuse(scope, receive, send, 403, problem)
        if not self._is_known(scope, headers):
            return await self._let_in(scope, receive, send)
        length = headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,18}", length) or int(length) > self.largest:
            return await self._refuse(scope, receive, send, 413, str(TooLargeError(self.largest)))
        return await self.app(scope, _counted(receive, self.largest), _with_headers(send))

    def _problem(self, headers: dict[str, str]) -> str | None:
        """Why a request is refused; None for one that is not."""
        host = headers.get("host", "")
        if not self._is_ours(_name(host)):
            return f"this {self.what} is not {host[:80]!r}: open the address that it printed"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return f"a page of another site asked: open the {self.what} by the address that it printed"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return f"a page of another site asked: open the {self.what} by the address that it printed"
        return None

    def _is_ours(self, name: str) -> bool:
        if self.host in LOCAL:
            return name in LOCAL
        return self.host in ("0.0.0.0", "::") or name == self.host or name in LOCAL

    def _is_known(self, scope: Scope, headers: dict[str, str]) -> bool:
        if self.token is None:
            return True
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if compare_digest(bearer.encode(), self.token.encode()):
            return True
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and compare_digest(found.value.encode(), self.token.encode())

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whoever brings the secret in the address gets it as a cookie."""
        assert self.token is not None
        brought = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["type"] != "http" or not compare_digest(brought.encode(), self.token.encode()):
            return await self._refuse(scope, receive, send, 403, f"the address lacks the {self.what}'s token")
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
        return await answer(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, code: int, why: str) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await PlainTextResponse(why, code, HEADERS)(scope, receive, send)


def _name(host: str) -> str:
    """A host without its port; "" for what is none."""
    found = HOST.fullmatch(host)
    return "" if found is None else found[1]


def _counted(receive: Receive, largest: int) -> Receive:
    """Raises TooLargeError once more has come than a request may have."""
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > largest:
                raise TooLargeError(largest)
        return message

    return counting


def _with_headers(send: Send) -> Send:
    """Every answer says what the page may do."""
    own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name for name, _ in own}
            kept = [pair for pair in message["headers"] if pair[0].lower() not in names]
            message["headers"] = [*kept, *own]
        await send(message)

    return sending
