// The report, which Python wrote: shown here, and its buttons made to work.

import { encoded } from "./text.js";

const TICKED_MS = 2000;

const at = (id) => document.getElementById(id);

/**
 * @typedef {{analysis: {documents: {name: string, diff: string}[]}, html: string}} Report
 * @param {{onSkip: (rule: string, skip: boolean) => void, rewritten: () => Promise<{name: string, text: string}[]>, onProblem: (message: string) => void}} listeners
 */
export function showReports({ onSkip, rewritten, onProblem }) {
  /** @type {Report | undefined} */
  let shown;

  at("report").addEventListener("change", ({ target }) => onSkip(target.dataset.rule, !target.checked));
  at("report").addEventListener("click", ({ target }) => {
    const pressed = target.closest("button");
    const { copy: copied, download } = pressed?.dataset ?? {};
    const done = copied !== undefined ? copy(diffOf(copied)) : download !== undefined ? save(download) : undefined;
    done?.then(() => tick(pressed), (error) => onProblem(error.message));
  });
  return { show, clear };

  /** @param {Report} report */
  function show(report) {
    const place = placeIn(at("report"));
    shown = report;
    at("report").innerHTML = report.html; // all of it escaped by the template; the page's policy runs no script in it
    at("report").hidden = false;
    at("empty").hidden = true;
    place.restore();
  }

  function clear() {
    shown = undefined;
    at("report").replaceChildren();
    at("report").hidden = true;
    at("empty").hidden = false;
  }

  /** @param {string} name of a document, empty for all */
  function diffOf(name) {
    const wanted = shown.analysis.documents.filter((document) => !name || document.name === name);
    return wanted.map(({ diff }) => diff).join("");
  }

  async function save(name) {
    const file = (await rewritten()).find((each) => each.name === name);
    const url = URL.createObjectURL(encoded(file.text));
    Object.assign(document.createElement("a"), { href: url, download: name.split(/[\\/]/).pop() }).click();
    setTimeout(() => URL.revokeObjectURL(url), TICKED_MS); // at once would be before the browser reads it
  }
}

/** The verdict in one line, for those who do not see it. */
export function verdict() {
  return at("verdict").textContent.replace(/\s+/g, " ").replace(/ ,/g, ",").trim();
}

/** Take the reader to the verdict; with the focus if the reader asked for it. */
export function goToVerdict(withFocus) {
  const { top, bottom } = at("verdict").getBoundingClientRect();
  if (withFocus) at("verdict").focus({ preventScroll: true });
  if (top < 0 || bottom > innerHeight) at("verdict").scrollIntoView({ block: "start" });
}

/** Where the reader is in a report, to be there again in the next: the focused switch, and what is unfolded. */
function placeIn(report) {
  const focused = report.contains(document.activeElement) ? document.activeElement.dataset : {};
  const unfolded = [...report.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  return {
    restore() {
      for (const summary of report.querySelectorAll("details > summary")) {
        summary.parentElement.open = unfolded.includes(summary.textContent);
      }
      if (!focused.finding) return;
      report.querySelector(`[data-finding="${focused.finding}"]`)?.focus({ preventScroll: true });
    },
  };
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text); // pages on http and in frames have no clipboard of their own
  }
}

function copyBySelection(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  before?.focus();
  if (!copied) throw new Error("This browser does not let the page copy; select the diff and copy it by hand.");
}

function tick(pressed) {
  pressed.classList.add("done");
  setTimeout(() => pressed.classList.remove("done"), TICKED_MS);
}
