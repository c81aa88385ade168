"""Headless Chromium, spoken to through its debugging pipe: nothing to install beside it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Browser", "browser_path", "open_browser"]

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
_TIMEOUT = 60.0


def browser_path() -> str | None:
    """The browser, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


class Browser:
    """One tab.

    Attributes:
        requested: addresses that pages asked for since the last `show`.
        complaints: what the console and the browser said against pages since then.
    """

    def __init__(self, write_end: int, read_end: int) -> None:
        self._write_end, self._read_end = write_end, read_end
        self._number = 0
        self._rest = b""
        self._session = ""
        self.requested: list[str] = []
        self.complaints: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def show(self, page: Path, *, width: int, dark: bool = False) -> None:
        """Open a file as on a screen of some width, and wait until it is there."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=844,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._call("Page.navigate", url="about:blank")
        self.requested.clear()
        self.complaints.clear()
        self._call("Page.navigate", url=page.as_uri())
        deadline = time.monotonic() + _TIMEOUT
        ready = f"document.readyState === 'complete' && location.href === {page.as_uri()!r}"
        while not self.ask(ready):
            assert time.monotonic() < deadline, "the page does not get ready"

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def image(self) -> bytes:
        """A PNG of the whole page."""
        shot = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._take_event(answer.get("method", ""), answer.get("params", {}))

    def _take_event(self, method: str, event: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requested.append(event["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(event["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(event["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(event["entry"]["text"])

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _TIMEOUT
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read_end], [], [], deadline - time.monotonic())
            assert ready, "the browser does not answer"
            part = os.read(self._read_end, 1 << 20)
            assert part, "the browser has ended"
            self._rest += part
        content, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(content)
        return message


@contextlib.contextmanager
def open_browser(path: str, profile: Path) -> Iterator[Browser]:
    """Start a browser with a profile of its own, and end it."""
    its_input, write_end = os.pipe()
    read_end, its_output = os.pipe()
    # The browser reads from descriptor 3 and writes to 4; a shell puts the pipes there.
    wiring = f'exec "$@" 3<&{its_input} 4>&{its_output}'
    process = subprocess.Popen(
        ["bash", "-c", wiring, "browser", path, *_FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(its_input, its_output),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(its_input)
    os.close(its_output)
    try:
        yield Browser(write_end, read_end)
    finally:
        os.close(write_end)
        os.close(read_end)
        process.terminate()
        process.wait(timeout=_TIMEOUT)
