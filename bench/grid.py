"""The grid in the browser: first paint, the way to the last row and back, memory, at 1,000 and at 100,000 rows.

    python -m bench.grid [ROWS ...]

Headless Chromium over the real server on loopback; the figures of two sizes stand side by side from one run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.browser.conftest import DESKTOP, FLAGS, chromium
from tests.web_server import OPERATOR, WebServer, web_server

COLUMNS = 30
RUNS = 3
GRID = "document.getElementById('grid').grid"


def fill(web: WebServer, rows: int) -> None:
    """A tab of the bureau's own, of Chinese texts, numbers and dates."""
    sheet = web.book.add_worksheet("大表", rows + 1, COLUMNS)
    head = [f"第{n + 1}列" for n in range(COLUMNS)]
    sheet.update([head], "A1", raw=True)
    for start in range(0, rows, 5000):
        block = [
            [
                f"{row}-{n}" if n % 5 == 0 else (row * n if n % 5 == 1 else f"新正街第{row % 977}号门前的垃圾")
                for n in range(COLUMNS)
            ]
            for row in range(start + 1, min(start + 5000, rows) + 1)
        ]
        sheet.update(block, f"A{start + 2}", raw=True)


def measured(browser: Browser, web: WebServer, slow: int) -> dict[str, float]:
    context = browser.new_context(**DESKTOP)
    page = context.new_page()
    page.goto(web.link(OPERATOR))
    page.get_by_role("button", name="进入").click()
    client = context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    sheet = web.book.worksheet("大表").id
    page.goto(f"{web.url}/grid#{sheet}")
    wait(page, f"{GRID} && {GRID}.view && {GRID}.view.readyAt > 0")
    figures = {"first paint, s": page.evaluate(f"{GRID}.view.readyAt") / 1000}
    figures["to the last row, s"] = jump(page, "s.scrollHeight")
    figures["to the middle, s"] = jump(page, "s.scrollHeight / 2")
    figures["frames while scrolling, ms (median)"], figures["(longest)"] = scrolled(page)
    figures |= memory(client)
    context.close()
    return figures


def wait(page: Page, holds: str) -> None:
    end = time.monotonic() + 120
    while not page.evaluate(holds):
        assert time.monotonic() < end, holds
        page.wait_for_timeout(10)


def jump(page: Page, to: str) -> float:
    """Seconds from a scroll until no cell in sight is still waiting."""
    return float(
        page.evaluate(
            f"""async () => {{ const g = {GRID}; const s = g.view.scroller; const began = performance.now();
            s.scrollTop = {to}; const drawn = () => {{ const w = g.view.sight();
              for (let l = w.first; l <= Math.min(w.last, g.sheet.order.length - 2); l++)
                if (g.sheet.id(l + 1) && !g.sheet.row(l + 1)) return false; return true; }};
            do await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))); while (!drawn());
            return (performance.now() - began) / 1000; }}"""
        )
    )


def scrolled(page: Page) -> tuple[float, float]:
    """Milliseconds a frame over two seconds of steady scrolling."""
    frames = page.evaluate(
        f"""async () => {{ const s = {GRID}.view.scroller; s.scrollTop = 0; const found = [];
        let last = performance.now();
        const end = last + 2000; while (last < end) {{ s.scrollTop += 90;
          const now = await new Promise((r) => requestAnimationFrame(() => r(performance.now())));
          found.push(now - last); last = now; }} return found; }}"""
    )
    return statistics.median(frames), max(frames)


def memory(client: CDPSession) -> dict[str, float]:
    """JS heap after collection, and the renderer's resident memory."""
    client.send("HeapProfiler.collectGarbage")
    client.send("Performance.enable")
    metrics: Any = client.send("Performance.getMetrics")["metrics"]
    heap = next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")
    return {"JS heap, MB": heap / 1e6, "renderer RSS, MB": max(renderers(), default=0.0)}


def renderers() -> list[float]:
    sizes = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                pages = int((folder / "statm").read_text().split()[1])
                sizes.append(pages * 4096 / 1e6)
        except OSError:  # it ended meanwhile
            continue
    return sizes


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 100_000]
    results: dict[tuple[int, int], dict[str, float]] = {}
    with sync_playwright() as playwright:
        for rows in sizes:
            with tempfile.TemporaryDirectory() as folder, web_server(Path(folder)) as web:
                fill(web, rows)
                for slow in (1, 4):
                    browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
                    runs = [measured(browser, web, slow) for _ in range(RUNS)]
                    browser.close()
                    results[rows, slow] = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    columns = list(results)
    print(f"{'':38}" + "".join(f"{rows:>12,} ×{slow}" for rows, slow in columns))
    for name in results[columns[0]]:
        print(f"{name:38}" + "".join(f"{results[column][name]:>14.2f}" for column in columns))


if __name__ == "__main__":
    main()
