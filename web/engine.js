// The page's side of the engine: its start, its calls, its end.

import { engineFiles, seal, unpacked } from "./files.js";
import { trustedWorker } from "./trusted.js";

/**
 * @typedef {{step: string, loaded: number, total: number}} Progress in bytes; total 0 where none are counted
 * @typedef {"loading" | "ready" | "working" | "failed"} State also in <html data-engine="...">
 * @typedef {"pyc" | "snapshot"} Tier
 */

// Navigation to ready as a share of a bare loadPyodide(), by tests/benchmarks/boot.py on two cores: snapshot 0.35 cold
// and 0.49 warm, pyc 0.52 and 0.49. But the snapshot moves 9.4 MB instead of 5.8 MB, which is 3 s more at
// 10 Mbit/s, and rests on a private interface of Pyodide. So it is there for those who ask for it.
/** @type {Tier} */
const DEFAULT_TIER = "pyc";
/** @type {Record<Tier, string[]>} in the order of the worker's boot message */
const FILES = { pyc: ["worker", "wasm", "library"], snapshot: ["worker", "wasm", "confmend", "snapshot"] };
// How long to wait without any progress. The longest step takes a slow phone some 10 s; a snapshot has no such step,
// and when it does not suit the browser, it may hang.
const PATIENCE_MS = { pyc: 60_000, snapshot: 15_000 };

/**
 * Start the engine. A restart also cancels the calls that are running: the worker ends and a new one starts,
 * from memory, without the network.
 * @param {{onProgress?: (progress: Progress) => void, onState?: (state: State, message: string) => void, after?: Promise<void>}} listeners
 * `after`: what to wait for before anything is loaded
 */
export function startEngine({ onProgress = () => {}, onState = () => {}, after = Promise.resolve() } = {}) {
  const files = engineFiles();
  const contents = new Map(); // the files that are here, unpacked, by key
  const arrived = new Map(); // the parts in which they came, by key, until somebody asks for their sums
  const sums = new Map();
  let versions = {};
  const pending = new Map(); // the calls that wait for their answers, by id
  let tier = askedTier(files);
  let lastId = 0;
  let inWorker = 0; // requests, as the workers count them
  let inPage = 0;
  const network = new PerformanceObserver((list) => count(list.getEntries()));
  /** @type {Worker | undefined} */
  let worker;
  let life = new AbortController(); // of the present attempt
  let ready = start();

  return {
    /** @returns {Promise<void>} kept when the engine is up; a restart makes a new one */
    get ready() {
      return ready;
    },
    /** @returns {Tier} how it has started */
    get tier() {
      return tier;
    },
    call,
    restart,
    stop,
    sums: checked,
    /** @returns {{python: string, pyodide: string}} as they say themselves */
    get versions() {
      return versions;
    },
    /** How many requests page and worker have made since the engine was up. */
    requests() {
      count(network.takeRecords());
      return inPage + inWorker;
    },
  };

  /**
   * @param {string} name
   * @param {object} args
   * @param {ArrayBuffer} [data] an archive; it is the worker's afterwards
   * @returns {Promise<any>} the engine's value; fails with its message
   */
  async function call(name, args, data) {
    await ready;
    const id = ++lastId;
    const answer = new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
    enter("working");
    worker.postMessage({ id, text: JSON.stringify({ id, call: name, args }), data }, data ? [data] : []);
    return answer;
  }

  function restart() {
    stop("The engine was restarted.");
    ready = start();
    return ready;
  }

  function stop(reason = "The engine was stopped.") {
    life.abort(new Error(reason));
    worker?.terminate();
    pending.forEach(({ reject }) => reject(new Error(reason)));
    pending.clear();
  }

  function enter(/** @type {State} */ state, message = "") {
    document.documentElement.dataset.engine = state;
    onState(state, message);
  }

  function start() {
    life = new AbortController();
    enter("loading");
    const { signal } = life;
    const up = boot(signal);
    up.catch((error) => signal.aborted || fail(error.message));
    return up;
  }

  function fail(message) {
    stop(message);
    enter("failed", message);
  }

  async function boot(signal) {
    await after;
    signal.throwIfAborted();
    if (tier === "snapshot") {
      await bootAs("snapshot", signal).catch((error) => {
        signal.throwIfAborted();
        console.warn(`The engine starts without its snapshot: ${error.message}`);
        worker?.terminate();
        tier = "pyc";
      });
    }
    if (tier === "pyc") await bootAs("pyc", signal);
    seal();
    if (!performance.getEntriesByName("confmend:ready").length) {
      performance.mark("confmend:ready");
      network.observe({ type: "resource" });
    }
    enter("ready");
  }

  async function bootAs(/** @type {Tier} */ wanted, signal) {
    const patience = patienceUntil(signal, PATIENCE_MS[wanted]);
    try {
      await Promise.race([patience.lost, load(FILES[wanted], patience.renew, signal)]);
      // A worker has the policy that the page has when it starts. The library stays allowed as long as the
      // snapshot may be refused; it is on the page's own host, and no other address ever is.
      seal(...(wanted === "snapshot" ? [files.library] : []));
      patience.renew();
      onProgress({ step: "Starting Python", loaded: 0, total: 0 });
      await Promise.race([patience.lost, startWorker(FILES[wanted].map((key) => contents.get(key)))]);
    } finally {
      patience.end();
    }
  }

  async function load(keys, onLife, signal) {
    const missing = keys.filter((key) => !contents.has(key));
    if (!missing.length) return;
    const total = missing.reduce((sum, key) => sum + files[key].bytes, 0);
    let loaded = 0;
    const onPart = (key, part) => {
      arrived.get(key).push(part);
      loaded += part.byteLength;
      onLife();
      onProgress({ step: "Loading the engine", loaded, total });
    };
    for (const key of missing) arrived.set(key, []);
    for (const [key, whole] of await unpacked(missing, files, onPart, signal)) contents.set(key, whole);
  }

  /** @returns {Promise<{name: string, bytes: number, sha256: string}[]>} of what was loaded, from the bytes that came */
  async function checked() {
    for (const [key, parts] of arrived) {
      const whole = await new Blob(parts).arrayBuffer();
      const sum = await crypto.subtle?.digest("SHA-256", whole); // not there without https
      const sha256 = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      sums.set(key, { name: files[key].name, bytes: whole.byteLength, sha256 });
      arrived.delete(key);
    }
    return [...sums.values()];
  }

  function startWorker([script, wasm, library, snapshot]) {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const started = new Worker(trustedWorker(url)); // classic and from a blob: only such a worker inherits the page's policy
    worker = started;
    return new Promise((resolve, reject) => {
      started.onerror = (event) => {
        event.preventDefault();
        reject(new Error("The engine's worker could not start."));
      };
      started.onmessage = ({ data }) => {
        if (data.failed) return reject(new Error(data.failed));
        URL.revokeObjectURL(url);
        versions = data.versions;
        started.onerror = (event) => {
          event.preventDefault(); // its message may quote what was pasted
          if (started === worker) fail("The engine's worker has crashed.");
        };
        started.onmessage = ({ data }) => started === worker && answered(data);
        return resolve();
      };
      started.postMessage({ wasm, library, snapshot });
    });
  }

  function answered({ id, text, requests }) {
    inWorker += requests;
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    if (!pending.size) enter("ready");
    const { value, error } = JSON.parse(text);
    return error === undefined ? resolve(value) : reject(new Error(error));
  }

  function count(entries) {
    const [{ startTime: up }] = performance.getEntriesByName("confmend:ready"); // what was asked for before may end later
    inPage += entries.filter(({ name, startTime }) => startTime >= up && !/^(blob|data):/.test(name)).length;
  }
}

/** The address may ask for a tier, for tests and benchmarks: ?tier=snapshot. */
function askedTier(files) {
  const asked = new URLSearchParams(location.search).get("tier");
  return asked in FILES && FILES[asked].every((key) => files[key]) ? asked : DEFAULT_TIER;
}

/**
 * A wait that ends when nothing happens for too long, or with `signal`.
 * @param {AbortSignal} signal
 * @param {number} milliseconds
 */
function patienceUntil(signal, milliseconds) {
  let timer, lose;
  const lost = new Promise((_, reject) => (lose = reject));
  lost.catch(() => {}); // it may be lost while nobody is waiting
  const aborted = () => lose(signal.reason);
  signal.addEventListener("abort", aborted);
  const renew = () => {
    clearTimeout(timer);
    const message = `The engine did not start: nothing happened for ${milliseconds / 1000} s.`;
    timer = setTimeout(() => lose(new Error(message)), milliseconds);
  };
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", aborted);
  };
  renew();
  return { lost, renew, end };
}
