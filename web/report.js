// The report, which Python wrote: shown here, and its buttons made to work.

import { encoded } from "./text.js";

const TICKED_MS = 2000;

const at = (id) => document.getElementById(id);

/**
 * @typedef {{analysis: {documents: {name: string, diff: string}[]}, html: string}} Report
 * @param {{
 *   onSkip: (rule: string, skip: boolean) => void,
 *   onChoice: (line: string, on: boolean) => void,
 *   onShow: (placeholder: string) => Promise<void>,
 *   rewritten: () => Promise<{name: string, text: string}[]>,
 *   redacted: () => Promise<string>,
 *   onProblem: (message: string) => void,
 * }} listeners `onChoice` and `onShow`: what is to be hidden has changed
 */
export function showReports({ onSkip, onChoice, onShow, rewritten, redacted, onProblem }) {
  /** @type {Report | undefined} */
  let shown;

  at("report").addEventListener("change", ({ target }) => {
    const { rule, level } = target.dataset;
    if (rule !== undefined) onSkip(rule, !target.checked);
    else if (level !== undefined) onChoice(`level = ${level}`, target.checked);
  });
  at("report").addEventListener("submit", (event) => {
    event.preventDefault();
    const word = new FormData(event.target).get("word").trim();
    if (word) onChoice(`hide = ${word}`, true);
  });
  at("report").addEventListener("click", ({ target }) => {
    const pressed = target.closest("button");
    if (pressed) press(pressed).then((done) => done && tick(pressed), (error) => onProblem(error.message));
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

  /** @returns {Promise<boolean>} whether there is something to tick off */
  async function press({ dataset }) {
    if (dataset.copy !== undefined) await copy(diffOf(dataset.copy));
    else if (dataset.download !== undefined) save(await fileOf(dataset.download));
    else if (dataset.redacted === "copy") await copy(await redacted());
    else if (dataset.redacted === "download") save({ name: "redacted.txt", text: await redacted() });
    else if (dataset.hide !== undefined) onChoice(`hide = ${dataset.hide}`, true);
    else if (dataset.keep !== undefined) onChoice(`keep = ${dataset.keep}`, true);
    else if (dataset.hideAgain !== undefined) onChoice(`keep = ${dataset.hideAgain}`, false);
    else if (dataset.show !== undefined) await onShow(dataset.show);
    return ["copy", "download", "redacted"].some((name) => name in dataset);
  }

  async function fileOf(name) {
    return (await rewritten()).find((each) => each.name === name);
  }
}

function save({ name, text }) {
  const url = URL.createObjectURL(encoded(text));
  Object.assign(document.createElement("a"), { href: url, download: name.split(/[\\/]/).pop() }).click();
  setTimeout(() => URL.revokeObjectURL(url), TICKED_MS); // at once would be before the browser reads it
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
