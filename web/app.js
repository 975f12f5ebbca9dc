// The page: input on one side, the engine in the middle, the report on the other side.

import { startEngine } from "./engine.js";
import { readInput } from "./input.js";
import { goToVerdict, showReports, verdict } from "./report.js";
import { countRequests, hideOfflineLinkInSingleFile, say, showProgress, showState, showWorking } from "./status.js";

const PAUSE_MS = 250; // after a paste, before its analysis: more may come
const PATIENCE_MS = 1000; // a run that is older is cancelled when the input has changed; a new engine takes as long

const WORDS = {
  ready: "Ready.",
  waiting: "It will be analysed as soon as the engine is up.",
  working: "Analysing …",
  done: (found) => `Done: ${found}.`,
  stopped: "Stopped: this was not analysed.",
  lines: "This secret has several lines, so it stays hidden.",
  nothing: "There is nothing to analyse yet: paste something, or add a file.",
};

const at = (id) => document.getElementById(id);

/** @typedef {{byReader: boolean}} Run a wish for an analysis; `byReader`: somebody pressed the button */

/** @type {import("./engine.js").State} */
let state = "loading";
/** @type {Run | undefined} */
let wanted;
/** @type {{since: number, unwanted: boolean} | undefined} */
let running;
let timer = 0;
let foreign = 0; // calls of window.confmend that are under way: no restart may cancel them
let introduced = false;
let stopped = false; // by the reader: to be said when the new engine is up
/** @type {Set<string>} the rules whose changes the reader leaves out */
const skipped = new Set();
/** What the shown report was made from: the download must be the same. */
let shown = { pastes: [], skip: [] };

const engine = startEngine({ onProgress: showProgress, onState });
const input = readInput({
  onGiven: () => soon(),
  onTyped: () => (at("stale").hidden = at("report").hidden),
  onReplaced() {
    skipped.clear();
    soon();
  },
});
const report = showReports({
  onSkip(rule, skip) {
    if (skip) skipped.add(rule);
    else skipped.delete(rule);
    analyse({ byReader: false });
  },
  rewritten: () => engine.call("rewrite", shown),
  redacted: () => engine.call("redacted", shown),
  onChoice(line, on) {
    if (input.choose(line, on)) analyse({ byReader: false });
  },
  async onShow(placeholder) {
    const value = await engine.call("restore", { text: placeholder, pastes: shown.pastes });
    if (/[\r\n]/.test(value)) throw new Error(WORDS.lines);
    if (!input.choose(`hide = ${value}`, false)) input.choose(`keep = ${value}`, true);
    analyse({ byReader: false });
  },
  onProblem: showError,
});

window.confmend = Object.freeze({
  /**
   * @param {import("./input.js").Paste[]} pastes
   * @returns {Promise<object>} the analysis, in the shape of analysis.schema.json
   */
  async analyse(pastes) {
    foreign++;
    try {
      return await engine.call("analyse", { pastes });
    } finally {
      foreign--;
    }
  },
});

at("analyse").addEventListener("click", () => analyse({ byReader: true }));
at("stop").addEventListener("click", stop);
at("retry").addEventListener("click", () => engine.restart().catch(() => {})); // the failure is shown
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) analyse({ byReader: true });
});
hideOfflineLinkInSingleFile();
if (input.pastes().length) soon(); // typed before this script ran, or kept by the browser over a reload

function onState(/** @type {import("./engine.js").State} */ now, message) {
  const was = state;
  state = now;
  showState(now, message);
  if (now === "ready" && was === "loading") up();
}

function up() {
  say(stopped ? WORDS.stopped : WORDS.ready);
  stopped = false;
  if (!introduced) introduce().catch(() => (introduced = false)); // the next engine does it
  run();
}

async function introduce() {
  introduced = true;
  countRequests(engine);
  const asked = ["version", "questions", "examples"].map((name) => engine.call(name, {}));
  const [version, questions, examples] = await Promise.all(asked);
  at("version").textContent = version.confmend;
  input.offerQuestions(questions);
  input.offerExamples(examples);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => analyse({ byReader: false }), PAUSE_MS);
}

/** Wish for an analysis of what is there now. A newer wish replaces an older one, and ends it if it takes long. */
function analyse(/** @type {Run} */ run_) {
  clearTimeout(timer);
  at("error").hidden = true;
  if (!input.pastes().length) return nothing(run_);
  wanted = run_;
  if (state === "loading") say(WORDS.waiting);
  if (running && !foreign && performance.now() - running.since > PATIENCE_MS) engine.restart().catch(() => {});
  return run();
}

function nothing({ byReader }) {
  wanted = undefined;
  if (running) running.unwanted = true;
  at("stale").hidden = true;
  report.clear();
  say(byReader ? WORDS.nothing : "");
  if (byReader) input.focus();
}

/** End an analysis that takes too long for the reader; the engine starts anew, what was pasted stays. */
function stop() {
  if (!running) return;
  wanted = undefined;
  running.unwanted = true;
  stopped = true;
  engine.restart().catch(() => {}); // a failure is shown
}

async function run() {
  if (running || state === "loading" || state === "failed") return;
  while (wanted && state !== "failed") await runOnce(wanted);
}

async function runOnce(/** @type {Run} */ { byReader }) {
  const asked = { pastes: input.pastes(), skip: [...skipped] };
  const own = { since: performance.now(), unwanted: false };
  wanted = undefined;
  running = own;
  at("stale").hidden = true;
  say(WORDS.working);
  document.body.classList.add("working");
  const end = showWorking();
  try {
    const answer = await engine.call("report", asked);
    if (!wanted && !own.unwanted) show(answer, asked, byReader);
  } catch (error) {
    if (state === "failed") wanted ??= { byReader: false }; // for the next engine
    else if (!wanted && !own.unwanted) showError(error.message);
  } finally {
    running = undefined;
    end();
    document.body.classList.remove("working");
  }
}

function show(answer, asked, byReader) {
  const first = !shown.pastes.length || asked.pastes.some(({ text }, index) => text !== shown.pastes[index]?.text);
  shown = asked;
  report.show(answer);
  say(WORDS.done(verdict()));
  if (first || byReader) goToVerdict(byReader);
}

function showError(message) {
  at("error").textContent = message;
  at("error").hidden = false;
  say("");
}
