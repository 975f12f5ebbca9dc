// Places in the report: the finding that the address names, and the line that a piece of evidence stands in.

const RULE = "#rule=";

const report = document.getElementById("report");

/** Follow the links of the report to lines, and the address to findings; Escape leads back. */
export function readPlaces() {
  /** @type {HTMLElement | undefined} */
  let from;
  report.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link || !goToLine(link.dataset)) return;
    event.preventDefault();
    from = link;
  });
  report.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !from?.isConnected) return;
    getSelection().removeAllRanges();
    from.focus();
    from = undefined;
  });
  addEventListener("hashchange", goToAddress);
}

/** Go to the finding that the address names: `#rule=ID`. @returns {boolean} whether it is there */
export function goToAddress() {
  if (!location.hash.startsWith(RULE)) return false;
  const rule = decodeURIComponent(location.hash.slice(RULE.length));
  const finding = report.querySelector(`article[data-rule="${CSS.escape(rule)}"]`);
  finding?.focus({ preventScroll: true });
  finding?.scrollIntoView({ block: "start" });
  return Boolean(finding);
}

/** Unfold the text and select the line in it. @returns {boolean} whether the text is shown whole */
function goToLine({ document: name, line }) {
  const text = report.querySelector(`pre[data-text="${CSS.escape(name)}"]`);
  const range = text && rangeOfLine(text, Number(line));
  if (!range) return false;
  for (let at = text; at !== report; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  text.focus({ preventScroll: true });
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  text.scrollIntoView({ block: "nearest" });
  const { top } = range.getBoundingClientRect();
  text.scrollTop += top - text.getBoundingClientRect().top - text.clientHeight / 2;
  return true;
}

function rangeOfLine(text, line) {
  const whole = text.textContent;
  let start = 0;
  for (let left = line - 1; left; left--) {
    start = whole.indexOf("\n", start) + 1;
    if (!start) return undefined;
  }
  const end = whole.indexOf("\n", start);
  const range = new Range();
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let passed = 0;
  for (let node = walker.nextNode(), begun = false; node; node = walker.nextNode()) {
    if (!begun && start <= passed + node.length) {
      range.setStart(node, start - passed);
      begun = true;
    }
    if (begun && (end < 0 ? whole.length : end) <= passed + node.length) {
      range.setEnd(node, (end < 0 ? whole.length : end) - passed);
      return range;
    }
    passed += node.length;
  }
  return undefined;
}
