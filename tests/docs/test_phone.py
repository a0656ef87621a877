"""No page of the site scrolls sideways on a phone, 390 pixels wide: in a real browser.

usage: test_phone.py BROWSER HTML
"""
import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402

WIDTH = 390
# Opens one page after the other in a frame, and writes down the widths.
SCRIPT = """<iframe id="frame" style="height: 800px; border: 0"></iframe><pre id="found"></pre><script>
const pages = %s, found = {}, frame = document.getElementById("frame");
frame.style.width = "%dpx";
frame.onload = () => {
    found[pages.shift()] = frame.contentDocument.documentElement.scrollWidth;
    if (pages.length)
        frame.src = pages[0];
    else
        document.getElementById("found").textContent = JSON.stringify(found);
};
frame.src = pages[0];
</script>"""


def widths(browser, pages):
    """{address: width of its content}; empty where the browser does not come to the end."""
    with tempfile.TemporaryDirectory(prefix="libfa-phone-") as work:
        start = pathlib.Path(work, "start.html")
        start.write_text(SCRIPT % (json.dumps(pages), WIDTH), encoding="utf-8")
        done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
                               f"--user-data-dir={work}/profile", "--virtual-time-budget=90000", "--dump-dom",
                               start.as_uri()],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    found = re.search(r'<pre id="found">(.+?)</pre>', done.stdout)
    return json.loads(html.unescape(found[1])) if found else {}


def main():
    browser, directory = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    pages = [path.as_uri() for path in sorted(directory.glob("*.html"))]
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="libfa-wide-") as work:
        wide = pathlib.Path(work, "wide.html")
        wide.write_text('<!DOCTYPE html><div style="width: 500px">wide</div>', encoding="utf-8")
        found = widths(browser, [wide.as_uri()])
        tap.check("a wide page is found", [] if list(found.values()) and min(found.values()) >= 500 else [str(found)])
    found = widths(browser, pages)
    tap.check(f"{len(pages)} pages were opened", sorted(set(pages) ^ set(found)))
    tap.check(f"none is wider than {WIDTH} pixels",
              [f"{page.rpartition('/')[2]}: {width}" for page, width in found.items() if width > WIDTH])
    tap.done()


main()
