#!/usr/bin/env python3
"""report_test.py SAMPLE_REPORTS: opens reports of benchmarks in Chromium, without a network and in both themes.

Each page shows its verdict and draws its charts within their pictures, none of its texts lies on another one, nothing is
wider than the page, and the console stays empty. Ends with 77 if there is no Chromium."""

import html
import json
import os
import shutil
import subprocess
import sys
import tempfile

COMMANDS = ("chromium", "chromium-browser", "google-chrome")
# What each page must say, and how many charts it has at least.
PAGES = {
    "healthy": ("Valid", 11),
    "invalid": ("Invalid", 11),
    "peak": ("Valid", 11),
    "compared": ("Valid", 11),
    "incomplete": ("Valid, but incomplete", 7),
    "hostile": ("Valid, but incomplete", 9),
    "merged": ("Invalid", 9),
}
# Looks at the page as a reader does, and puts what it finds in place of it.
LOOK = """
<script>
const problems = [];
addEventListener("error", e => problems.push("error: " + e.message));
addEventListener("load", () => {
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  if (document.documentElement.scrollWidth > innerWidth) problems.push("the page is wider than the window");
  const charts = document.querySelectorAll(".chart svg");
  for (const chart of charts) {
    const name = chart.getAttribute("aria-label"), frame = chart.getBoundingClientRect();
    if (frame.width < 200 || frame.height < 60) problems.push(name + ": too small");
    if (!chart.querySelector("path, rect:not(.warm-up), circle")) problems.push(name + ": empty");
    const texts = [...chart.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
    texts.forEach(([a, box], i) => {
      if (!inside(box, frame)) problems.push(name + ": '" + a + "' is cut off");
      for (const [b, other] of texts.slice(i + 1))
        if (meet(box, other)) problems.push(name + ": '" + a + "' lies on '" + b + "'");
    });
  }
  // A currency that a file makes up may be cut.
  for (const tile of document.querySelectorAll(".tile b"))
    if (tile.scrollWidth > tile.clientWidth + 1 && !tile.textContent.startsWith("<"))
      problems.push("a tile is too narrow: " + tile.textContent);
  const verdict = document.getElementById("verdict"), box = verdict.getBoundingClientRect();
  const seen = {word: verdict.querySelector("h1").textContent,
                visible: box.top >= 0 && box.bottom <= 600 && box.width > 600,
                charts: charts.length,
                dark: matchMedia("(prefers-color-scheme: dark)").matches,
                paper: getComputedStyle(document.body).backgroundColor,
                title: document.title,
                problems: problems};
  document.body.innerHTML = '<pre id="seen"></pre>';
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
</script>
"""


def opened(browser, folder, path, dark):
    """What is seen of a page, and what the browser complains about."""
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1100,900",
         "--user-data-dir=" + os.path.join(folder, "profile"), "--enable-logging=stderr", "--v=0",
         "--blink-settings=preferredColorScheme=%d" % (0 if dark else 1), "--virtual-time-budget=3000", "--dump-dom",
         "file://" + path],
        capture_output=True, text=True, timeout=120, check=False)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    begin = done.stdout.rfind('<pre id="seen">')
    if begin < 0:
        sys.exit("report_test.py: nothing is seen of %s: %s" % (path, done.stderr[-2000:]))
    text = done.stdout[begin + len('<pre id="seen">'):done.stdout.rindex("</pre>")]
    return json.loads(html.unescape(text)), console


def main():
    browser = next(filter(None, map(shutil.which, COMMANDS)), None)
    if browser is None:
        print("skipped: there is no Chromium (the package chromium)")
        return 77
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.realpath(sys.argv[1]), folder], check=True, timeout=120)
        for name, (word, charts) in PAGES.items():
            path = os.path.join(folder, name + ".html")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("</head>", LOOK + "</head>", 1))
            papers = set()
            for dark in (False, True):
                seen, console = opened(browser, folder, path, dark)
                papers.add(seen["paper"])
                problems = seen["problems"] + console
                for good, what in ((seen["word"] == word, "its verdict is " + seen["word"]),
                                   (seen["visible"], "the verdict is not at the top of the window"),
                                   (seen["charts"] >= charts, "it has %d charts" % seen["charts"]),
                                   (seen["dark"] == dark, "it has the other theme"),
                                   (seen["title"].startswith("weir bench: "), "its title is " + seen["title"])):
                    if not good:
                        problems.append(what)
                failures += ["%s (%s): %s" % (name, "dark" if dark else "light", p) for p in problems]
            if len(papers) != 2:
                failures.append("%s: both themes have the same paper" % name)
    print("\n".join(failures) if failures else "%d pages in 2 themes: well" % len(PAGES))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
