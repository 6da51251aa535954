#!/usr/bin/env bash
# Score the built site with Lighthouse, as on a phone: `make lighthouse`, or with pages as arguments.
# Needs node 18 or newer and a chromium; npx brings Lighthouse itself. SITE names another build.
set -euo pipefail
cd "$(dirname "$0")/.."
site=${SITE:-site}
python=.venv/bin/python
command -v npx >/dev/null || { echo "lighthouse: wanted node with npx; install nodejs and npm"; exit 1; }
CHROME_PATH=${CHROME_PATH:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)} ||
  { echo "lighthouse: wanted a browser; install chromium"; exit 1; }
export CHROME_PATH
[ -f "$site/index.html" ] || { echo "lighthouse: no site in $site; run: make site"; exit 1; }

reports=$(mktemp -d)
coproc SERVER { exec "$python" tests/browser/server.py "$site"; }
trap 'kill "$SERVER_PID"; rm -rf "$reports"' EXIT
read -r url <&"${SERVER[0]}"

if [ $# -eq 0 ]; then
  mapfile -t questions < <(cd "$site" && find . -path './*/q[0-9]*/index.html' -printf '%P\n' | sort)
  set -- "" "${questions[@]%index.html}"
fi
for page in "$@"; do
  npx --yes lighthouse@12 "$url$page" --quiet --chrome-flags="--headless=new --no-sandbox" \
    --only-categories=performance,accessibility,best-practices --output=json \
    --output-path="$reports/${page//\//_}.json"
done
"$python" - "$reports" <<'PYTHON'
import json, pathlib, sys
print(f"{'performance':>11} {'access':>6} {'practice':>8} {'LCP s':>6} {'KB':>5}  page")
failed = False
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    report = json.loads(path.read_text())
    scores = [round(100 * report["categories"][name]["score"])
              for name in ("performance", "accessibility", "best-practices")]
    seconds = report["audits"]["largest-contentful-paint"]["numericValue"] / 1e3
    weight = report["audits"]["total-byte-weight"]["numericValue"] / 1e3
    print(f"{scores[0]:11} {scores[1]:6} {scores[2]:8} {seconds:6.1f} {weight:5.0f}  {report['finalDisplayedUrl']}")
    failed |= scores[0] < 95 or scores[1] < 100
sys.exit("wanted performance 95 and accessibility 100 on every page" if failed else 0)
PYTHON
