// What the page says of its own state: the engine's start and end, and what it asked of the network.

const REQUESTS_EVERY_MS = 1000;
const WORKING_EVERY_MS = 500;
const PROGRESS_EVERY_MS = 100; // each part by itself would keep a slow phone busy with drawing
const MEGABYTE = 1e6;

let counting = 0;
let drawing = 0; // the timer of the next drawing, which shows the latest
let latest = { loaded: 0, total: 0 };
let shownStep = "";

const at = (id) => document.getElementById(id);

/** Say something in the one place that a screen reader listens to. */
export function say(text) {
  at("status").textContent = text;
}

/**
 * @param {import("./engine.js").Progress} progress
 * @param {boolean} quiet what the page has said last matters more than the step
 */
export function showProgress({ step, loaded, total }, quiet) {
  if (step === shownStep) {
    drawing ||= setTimeout(draw, PROGRESS_EVERY_MS);
  } else {
    shownStep = step;
    if (!quiet) say(`${step} …`); // once a step: each part would be read aloud
    drawing ||= setTimeout(draw);
  }
  latest = { loaded, total };
}

function draw() {
  drawing = 0;
  const { loaded, total } = latest;
  const bar = at("progress");
  if (total) {
    bar.max = total;
    bar.value = loaded;
  } else {
    bar.removeAttribute("value");
  }
  at("bytes").textContent = total ? `${megabytes(loaded)} of ${megabytes(total)} MB` : "";
}

/**
 * @param {import("./engine.js").State} state
 * @param {string} message
 */
export function showState(state, message) {
  at("loading").hidden = state !== "loading";
  if (state === "loading") shownStep = "";
  at("failed").hidden = state !== "failed";
  at("failed-message").textContent = message;
  if (state === "failed") say("");
}

/** Show that an analysis takes its time, and for how long. @returns {() => void} ends that */
export function showWorking() {
  const since = performance.now();
  const show = () => {
    const seconds = Math.floor((performance.now() - since) / 1000);
    at("working").hidden = seconds < 1;
    at("working-for").textContent = `${seconds} s`;
  };
  const timer = setInterval(show, WORKING_EVERY_MS);
  return () => {
    clearInterval(timer);
    at("working").hidden = true;
  };
}

/** @param {{requests: () => number}} engine */
export function countRequests(engine) {
  clearInterval(counting);
  const show = () => {
    const count = engine.requests();
    at("requests").textContent = String(count);
    at("requests").classList.toggle("some", count > 0);
  };
  show();
  counting = setInterval(show, REQUESTS_EVERY_MS);
}

/** What the page offers for use without a network lies beside it only where the page is hosted. */
export function hideOfflineLinkInSingleFile() {
  at("offline").hidden = at("listed").hidden = Boolean(document.querySelector('[id^="engine-file-"]'));
}

const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(1);
