// The report, which Python wrote: shown here, and its buttons made to work.

import { handOut } from "./artefacts.js";
import { replaceChanged } from "./changed.js";
import { readPlaces } from "./places.js";
import { encoded } from "./text.js";
import { trustedReport } from "./trusted.js";

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
 *   call: (name: string, args: object) => Promise<any>,
 *   collector: () => string,
 *   onProblem: (message: string) => void,
 * }} listeners `onChoice` and `onShow`: what is to be hidden has changed
 */
export function showReports({ onSkip, onChoice, onShow, rewritten, redacted, call, collector, onProblem }) {
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
    event.target.reset();
  });
  at("report").addEventListener("click", ({ target }) => {
    const pressed = target.closest("button");
    if (pressed) press(pressed).then((done) => done && tick(pressed), (error) => onProblem(error.message));
  });
  readPlaces();
  return { show, clear };

  /** @param {Report} report */
  function show(report) {
    const fresh = document.createElement("template");
    fresh.innerHTML = trustedReport(report.html); // and the page's policy runs no script in it
    setView(at("report").classList.contains("side"), fresh.content);
    keepUnfolded(at("report"), fresh.content);
    const focused = at("report").contains(document.activeElement) ? document.activeElement.dataset.finding : "";
    shown = report;
    replaceChanged(at("report"), fresh.content);
    at("report").hidden = false;
    at("empty").hidden = true;
    if (focused) at("report").querySelector(`[data-finding="${focused}"]`)?.focus({ preventScroll: true });
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
    else if (dataset.artefact !== undefined) await handOut(dataset, call, { copy, save });
    else if (dataset.redacted === "copy") await copy(await redacted());
    else if (dataset.redacted === "download") save({ name: "redacted.txt", text: await redacted() });
    else if (dataset.hide !== undefined) onChoice(`hide = ${dataset.hide}`, true);
    else if (dataset.keep !== undefined) onChoice(`keep = ${dataset.keep}`, true);
    else if (dataset.hideAgain !== undefined) onChoice(`keep = ${dataset.hideAgain}`, false);
    else if (dataset.show !== undefined) await onShow(dataset.show);
    else if (dataset.collector !== undefined) await copy(collector());
    else if (dataset.view !== undefined) setView(!at("report").classList.contains("side"));
    return ["copy", "download", "redacted", "artefact", "collector"].some((name) => name in dataset);
  }

  async function fileOf(name) {
    return (await rewritten()).find((each) => each.name === name);
  }
}

export function save({ name, text, bytes }) {
  const url = URL.createObjectURL(bytes ? new Blob([bytes]) : encoded(text));
  Object.assign(document.createElement("a"), { href: url, download: name.split(/[\\/]/).pop() }).click();
  setTimeout(() => URL.revokeObjectURL(url), TICKED_MS); // at once would be before the browser reads it
}

/** Show the diffs in one column, or old and new beside each other. */
function setView(side, /** @type {ParentNode} */ report = at("report")) {
  at("report").classList.toggle("side", side);
  const pressed = report.querySelector("[data-view]");
  if (pressed) pressed.ariaPressed = String(side);
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

/** What is unfolded in a report stays so in the next. */
function keepUnfolded(/** @type {ParentNode} */ report, /** @type {ParentNode} */ next) {
  const unfolded = new Set([...report.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
  for (const summary of next.querySelectorAll("details > summary")) {
    if (unfolded.has(summary.textContent)) summary.parentElement.open = true;
  }
}

export async function copy(text) {
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

export function tick(pressed) {
  pressed.classList.add("done");
  setTimeout(() => pressed.classList.remove("done"), TICKED_MS);
}
