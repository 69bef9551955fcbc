"""`trialpress preview STUDY`: the manuscript in the browser, rendered again whenever it is saved."""

from __future__ import annotations

import html
import re
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ..errors import InputError
from .desk import Desk
from .renderer import choose

RELOAD = """<script>
(() => { let seen; const ask = async () => {
  try { const now = await (await fetch("/version", { cache: "no-store" })).text();
    if (seen !== undefined && now !== seen) location.reload(); seen = now; } catch {}
  setTimeout(ask, 300); }; ask(); })();
</script>"""
STALE = '<div class="banner" role="alert" style="background:#f8d7da;color:#58151c">Out of date: the results are not of {}. Run make report.</div>'


class Server(ThreadingHTTPServer):
    """Serves a folder; /version changes with every rendering."""

    version = 0


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/version":
            return super().do_GET()
        body = str(self.server.version).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        """Every question for the version would be a line."""


def _edition(desk: Desk, out: Path) -> Path:
    """By the embedded engine, which prints the same in a tenth of the time, and by Quarto what that one refuses."""
    if desk.engine == "auto" and choose() == "quarto":
        try:
            return desk.editions(out, ["html"], "embedded")["html"]
        except InputError:
            pass
    return desk.editions(out, ["html"])["html"]


def page(desk: Desk, out: Path) -> str:
    """Render the HTML edition with what a preview adds, or a page that says what is wrong; what to print."""
    begun = time.monotonic()
    stale = desk.outdated()
    said = f"rendered in {{:.1f}} s{', results out of date: ' + ', '.join(stale) if stale else ''}"
    try:
        desk.refresh()
        text = _edition(desk, out).read_text(encoding="utf-8")
        if stale:
            told = STALE.format(html.escape(", ".join(stale)))
            text = re.sub(r"<body[^>]*>", lambda body: body[0] + told, text, count=1)
    except InputError as error:
        said = str(error)
        text = f"<!DOCTYPE html><meta charset=utf-8><title>Problems</title><body><h1>Not rendered</h1><pre>{html.escape(said)}</pre>"
    target = out / "manuscript.html"
    target.write_text(text + RELOAD, encoding="utf-8")
    return said.replace("{:.1f}", f"{time.monotonic() - begun:.1f}")


def serve(study: str, port: int = 8000, engine: str = "auto", root: Path = Path(), stop: threading.Event | None = None,
          ready=lambda server: None) -> int:  # fmt: skip
    """Until it is interrupted, or `stop` is set."""
    stop = stop or threading.Event()
    with tempfile.TemporaryDirectory(prefix="trialpress-preview-") as scratch:
        site = Path(scratch) / "site"
        desk = Desk(study, Path(scratch) / study, engine, root)
        (site / "report").mkdir(parents=True)
        if (desk.results / "audit").exists():  # where the numbers' links lead
            (site / "audit").symlink_to((desk.results / "audit").absolute())
        print(page(desk, site / "report"), flush=True)
        with Server(("127.0.0.1", port), partial(Handler, directory=str(site))) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            print(f"http://127.0.0.1:{server.server_port}/report/manuscript.html  (Ctrl+C ends)", flush=True)
            ready(server)
            state = desk.state()
            try:
                while not stop.wait(0.2):
                    if (now := desk.state()) != state:
                        state = now
                        print(page(desk, site / "report"), flush=True)
                        server.version += 1
            except KeyboardInterrupt:
                pass
            server.shutdown()
    return 0
