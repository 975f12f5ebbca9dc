// What the page says of its own state: the engine's start and end, and what it asked of the network.

const REQUESTS_EVERY_MS = 1000;
const WORKING_EVERY_MS = 500;
const MEGABYTE = 1e6;

let counting = 0;

const at = (id) => document.getElementById(id);

/** Say something in the one place that a screen reader listens to. */
export function say(text) {
  at("status").textContent = text;
}

/** @param {import("./engine.js").Progress} progress */
export function showProgress({ step, loaded, total }) {
  if (at("status").textContent !== `${step} …`) say(`${step} …`); // once a step: each part would be read aloud
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

/** The one file that the page offers for use without a network lies beside it only where the page is hosted. */
export function hideOfflineLinkInSingleFile() {
  at("offline").hidden = Boolean(document.querySelector('[id^="engine-file-"]'));
}

const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(1);
