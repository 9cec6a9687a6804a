"""A headless Chromium, driven over a pipe by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol)."""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
DEADLINE_SECONDS = 60
KEYS = {"Escape": 27, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39, "+": 187, "-": 189, ",": 188, ".": 190, "0": 48}


def find():
    """The browser's path, or None. STRIPCHART_BROWSER names another."""
    return next(filter(None, map(shutil.which, [os.environ.get("STRIPCHART_BROWSER", ""), *NAMES])), None)


def pipe():
    """Both ends above 9, out of the way of those that the browser expects."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved


class Browser:
    """One page. What the page complains of, and every request but its own file's, stands in `complaints`."""

    def __init__(self, profile):
        self.complaints = []
        self._next = 0
        self._buffer = b""
        self._loaded = False
        to_browser, self._write = pipe()
        self._read, from_browser = pipe()
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                     "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                     "--disable-features=OptimizationHints,MediaRouter", "--remote-debugging-pipe", f"--user-data-dir={profile}"]

        # The protocol's pipe is descriptors 3 and 4 of the browser.
        self._process = subprocess.Popen(
            [find(), *arguments, "about:blank"], pass_fds=[3, 4], start_new_session=True,
            preexec_fn=lambda: (os.dup2(to_browser, 3), os.dup2(from_browser, 4)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    # The protocol

    def call(self, method, **parameters):
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self._write, rest):]
        while True:
            answer = self._message()
            if answer.get("id") == self._next:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _message(self):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError("the browser does not answer")
            piece = os.read(self._read, 1 << 20)
            if not piece:
                raise AssertionError("the browser has ended")
            self._buffer += piece
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method, said):
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(f"console: {said['args']}")
        elif method == "Runtime.exceptionThrown":
            details = said["exceptionDetails"]
            self.complaints.append("exception: " + details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded":
            self.complaints.append(f"log: {said['entry']['text']}")
        elif method == "Network.requestWillBeSent" and not said["request"]["url"].startswith("file:"):
            self.complaints.append(f"request: {said['request']['url']}")

    # The page

    def open(self, path, width=1280, height=900, dark=False):
        self.size(width, height)
        self.scheme(dark)
        self._loaded = False
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        while not self._loaded:
            self._message()
        self.wait("document.documentElement.dataset.ready === 'yes'")
        self.settle()

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, dark):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def run(self, script):
        """The value of an expression; what it promises is waited for."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, condition):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self.run(condition):
            assert time.monotonic() < deadline, f"never came true: {condition}"

    def settle(self):
        """Until what was changed is drawn and stands in the tables."""
        self.run("new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 120))")

    def box(self, selector):
        """Left, top, width, height in the window, scrolled into it."""
        return self.run(f"(() => {{ const each = document.querySelector({json.dumps(selector)});"
                        "each.scrollIntoView({ block: 'nearest' }); const box = each.getBoundingClientRect();"
                        "return [box.left, box.top, box.width, box.height]; })()")

    def texts(self, selector):
        return self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.textContent)")

    def text(self, selector):
        return self.texts(selector)[0]

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, selector):
        left, top, width, height = self.box(selector)
        self.click_at(left + width / 2, top + height / 2)

    def click_at(self, x, y, count=1):
        self.mouse("mouseMoved", x, y)
        for each in range(count):
            self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=each + 1)
            self.mouse("mouseReleased", x, y, button="left", clickCount=each + 1)
        self.settle()

    def drag(self, selector, begin, end, shift=False):
        """From one share of the element's width to another, at its middle height."""
        left, top, width, height = self.box(selector)
        y = top + height / 2
        more = {"modifiers": 8 if shift else 0}
        self.mouse("mouseMoved", left + begin * width, y, **more)
        self.mouse("mousePressed", left + begin * width, y, button="left", buttons=1, clickCount=1, **more)
        for step in range(1, 5):
            self.mouse("mouseMoved", left + (begin + (end - begin) * step / 4) * width, y, button="left", buttons=1, **more)
        self.mouse("mouseReleased", left + end * width, y, button="left", clickCount=1, **more)
        self.settle()

    def wheel(self, selector, share, amount):
        left, top, width, height = self.box(selector)
        self.mouse("mouseWheel", left + share * width, top + height / 2, deltaX=0, deltaY=amount)
        self.settle()

    def key(self, name, shift=False):
        code = KEYS.get(name, 0)
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, modifiers=8 if shift else 0)
        self.settle()

    def write(self, text):
        self.call("Input.insertText", text=text)
        self.settle()

    def screenshot(self, path, whole=True):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))
