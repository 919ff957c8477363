"""What a page looks like in headless Chromium: elements that are wider than it, at a width or on paper."""

import html
import json
import re
import shutil
import subprocess

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
PAPER = 660  # CSS pixels of an A4 page between margins of 18 mm
SCRIPT = """<script>
addEventListener('load', () => {
  const frame = document.getElementById('page'), view = frame.contentWindow, root = frame.contentDocument, wide = root.documentElement.clientWidth;
  const found = [];
  for (const el of root.querySelectorAll('body *')) {
    const at = el.getBoundingClientRect();
    if (at.width && (at.right > wide + 1 || at.left < -1)) found.push([el.tagName, Math.round(at.left), Math.round(at.right), el.textContent.slice(0, 60)]);
    if (el.clientWidth && el.scrollWidth > el.clientWidth + 1 && view.getComputedStyle(el).overflowX != 'visible')
      found.push(['scrolls: ' + el.tagName, el.clientWidth, el.scrollWidth, el.textContent.slice(0, 60)]);
  }
  document.body.innerHTML = '<pre id="found"></pre>';
  document.getElementById('found').textContent = JSON.stringify([wide, found]);
});
</script>"""


def too_wide(page, width, folder, paper=False, dark=False):
    """[tag, left, right, text] of every element that leaves the page or scrolls; folded parts are opened."""
    page = page.replace("<details", "<details open")
    if paper:
        page = page.replace("@media print", "@media all")
    outer = folder / "outer.html"
    outer.write_text(f'<!doctype html><body>{SCRIPT}<iframe id="page" style="border: 0" width="{width}" height="900" srcdoc="{html.escape(page)}"></iframe>')
    done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--window-size=1400,900",
                           *(["--force-dark-mode", "--enable-features=WebContentsForceDark"] if dark else []), outer.as_uri()],
                          capture_output=True, text=True, check=False, timeout=120)
    wide, found = json.loads(html.unescape(re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)[1]))
    assert abs(wide - width) <= 20, f"the page was {wide} wide, not {width}"
    return found
