// The page: input on one side, the engine in the middle, the report on the other side.

import { startEngine } from "./engine.js";
import { offerCollectors } from "./collector.js";
import { offerExamples } from "./examples.js";
import { embedded, fitIn, talkToHost, whenSeen } from "./host.js";
import { readInput } from "./input.js";
import { goToAddress } from "./places.js";
import { copy, goToVerdict, save, showReports, tick, verdict } from "./report.js";
import { countRequests, hideOfflineLinkInSingleFile, say, showProgress, showState, showWorking } from "./status.js";
import { offerUpdate, showTrust } from "./trust.js";

const PAUSE_MS = 50; // after a paste, before its analysis: several events may make one change
const SHORT_MS = 300; // a run that ends sooner does not grey the report: that would only flicker
const PATIENCE_MS = 1000; // a run that is older is cancelled when the input has changed; a new engine takes as long

const WORDS = {
  ready: "Ready.",
  waiting: "It will be analysed as soon as the engine is up.",
  working: "Analysing …",
  done: (found) => `Done: ${found}.`,
  stopped: "Stopped: this was not analysed.",
  lines: "This secret has several lines, so it stays hidden.",
  busy: "The reader is at work here; this text was not shown.",
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
let collecting = () => "";
let stopped = false; // by the reader: to be said when the new engine is up
/** @type {Set<string>} the rules whose changes the reader leaves out */
const skipped = new Set();
/** What the shown report was made from: the download must be the same. */
let shown = { pastes: [], skip: [] };

let handedIn = "[]"; // what stands here as long as the reader has not changed what the address or a host page gave

fitIn();
offerUpdate().catch(() => {}); // no network, no news
const engine = startEngine({ onProgress, onState, after: whenSeen() });
const input = readInput({
  onGiven: () => soon(),
  onTyped: () => (at("stale").hidden = at("report").hidden),
  onAnswer: () => analyse({ byReader: false }),
  call: async (name, args, data) => {
    foreign++; // no newer input may cancel it
    const end = showWorking();
    try {
      return await engine.call(name, args, data);
    } finally {
      foreign--;
      end();
    }
  },
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
  call: (name, args) => engine.call(name, { ...shown, ...args }),
  collector: () => collecting(),
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

const host = talkToHost({
  analyse: (pastes) => window.confmend.analyse(pastes),
  load(text) {
    if (JSON.stringify(input.pastes()) !== handedIn) throw new Error(WORDS.busy);
    input.give(text);
    noteHandedIn();
  },
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
addEventListener("hashchange", openIncident);
hideOfflineLinkInSingleFile();
if (input.pastes().length) soon(); // typed before this script ran, or kept by the browser over a reload

function onProgress(/** @type {import("./engine.js").Progress} */ progress) {
  showProgress(progress, wanted !== undefined); // who waits for a report was told so
}

function onState(/** @type {import("./engine.js").State} */ now, message) {
  const was = state;
  state = now;
  showState(now, message);
  if (now === "loading" && wanted) say(WORDS.waiting);
  if (now === "ready" && was === "loading") up();
  if (now === "failed") host.say("error", { message });
}

function up() {
  say(stopped ? WORDS.stopped : WORDS.ready);
  stopped = false;
  host.say("ready");
  if (!introduced) introduce().catch(() => (introduced = false)); // the next engine does it
  run();
}

async function introduce() {
  introduced = true;
  countRequests(engine);
  const asked = ["version", "questions", "kinds", "collectors", "examples"].map((name) => engine.call(name, {}));
  const [version, questions, kinds, collectors, examples] = await Promise.all(asked);
  showTrust(engine, version.confmend);
  input.offer(questions, kinds);
  offerExamples(examples, input.showExample);
  collecting = offerCollectors(collectors, { copy, save, tick, onProblem: showError });
  if (!input.pastes().length) openIncident();
}

function noteHandedIn() {
  handedIn = JSON.stringify(input.pastes());
}

/** Show the worked example that the address names: `#incident=SLUG`. */
function openIncident() {
  const slug = new URLSearchParams(location.hash.slice(1)).get("incident");
  if (slug) input.showExample(slug).then(noteHandedIn, ({ message }) => showError(message));
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
  if (!running && !foreign) return;
  wanted = undefined;
  if (running) running.unwanted = true;
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
  const grey = setTimeout(() => document.body.classList.add("working"), SHORT_MS);
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
    clearTimeout(grey);
    document.body.classList.remove("working");
  }
}

function show(answer, asked, byReader) {
  const first = !sameTexts(asked.pastes, shown.pastes);
  shown = asked;
  report.show(answer);
  input.showFound(answer.cards, answer.known);
  say(WORDS.done(verdict()));
  if (first && goToAddress()) return;
  if (embedded && !byReader) return; // a frame that scrolls takes its host along
  if (first || byReader) goToVerdict(byReader);
}

/** Whether the same was pasted; an answer or a choice, which has a kind of its own, is no other text. */
function sameTexts(/** @type {import("./input.js").Paste[]} */ some, /** @type {import("./input.js").Paste[]} */ others) {
  const [pasted, before] = [some, others].map((pastes) => pastes.filter(({ kind }) => !kind));
  return pasted.length === before.length && pasted.every(({ text }, index) => text === before[index].text);
}

function showError(message) {
  at("error").textContent = message;
  at("error").hidden = false;
  say("");
}
