// Python in a worker: JSON in, JSON out. The page hands over every file that this needs; nothing is fetched here.
//
// This has to be a classic worker from a blob: only such a worker inherits the page's Content-Security-Policy.
//
//   page: {wasm, library, snapshot?}   worker: {versions} when it is ready, or {failed: message}
//   page: {id, text, data?}            worker: {id, text, requests}
//
// The texts are what confmend.bridge.call takes and gives, `data` is an archive's bytes. `requests` counts what Python
// has asked the network since the last answer; the page adds it to its own.

import { loadPyodide } from "pyodide";
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { readSnapshot } from "./snapshot.js";

const NOWHERE = "https://engine.invalid/"; // a blob's own address is no base for the names that Pyodide asks for
const WASM = `${NOWHERE}pyodide.asm.wasm`;
const LIBRARY = `${NOWHERE}library.zip`;
// The first report loads rules, tables and templates, which takes longer than any report: best before somebody waits
// for one. Who does not look around first is let in before each step.
const WARM_UP_AFTER_MS = 50;
const WARM_UPS = [
  { id: 0, call: "report", args: { pastes: [] } },
  { id: 0, call: "warm_up", args: {} },
];
const SELF_TEST = JSON.stringify({ id: 0, call: "version", args: {} }); // as in pack.py, which notes the answer

self.onmessage = async ({ data: boot }) => {
  try {
    const python = await (boot.snapshot ? restored(boot) : started(boot));
    python.pyimport("precomputed").use();
    const { call } = python.pyimport("confmend.bridge");
    const gc = python.pyimport("gc");
    let tidy = () => {};
    performance.clearResourceTimings();
    self.onmessage = ({ data: { id, text, data } }) => {
      const bytes = data && python.toPy(data);
      self.postMessage({ id, text: answered(call, id, text, bytes), requests: newRequests() });
      bytes?.destroy();
      tidy(); // else Python's memory grows by what it would collect some day
    };
    const sys = python.pyimport("sys");
    self.postMessage({ versions: { python: sys.version.split(" ")[0], pyodide: python.version } });
    sys.destroy();
    warmUp(call, WARM_UPS, () => {
      gc.freeze(); // the engine itself stays: to look through it each time would take longer than a report
      tidy = () => gc.collect();
    });
  } catch (error) {
    self.postMessage({ failed: `The engine did not start: ${error.message}` });
  }
};

function warmUp(call, [step, ...rest], onDone) {
  if (!step) return onDone();
  setTimeout(() => {
    answered(call, 0, JSON.stringify(step));
    warmUp(call, rest, onDone);
  }, WARM_UP_AFTER_MS);
}

function answered(call, id, text, ...data) {
  try {
    return call(text, ...data);
  } catch (error) {
    if (!error.type) throw error; // not Python's: the machine under it is broken, and the page starts a new worker
    // Only the exception's name: its message may quote what was pasted, before it was redacted.
    return JSON.stringify({ id, error: `The engine stopped with ${error.type}.` });
  }
}

function newRequests() {
  const made = performance.getEntriesByType("resource").length;
  performance.clearResourceTimings();
  return made;
}

/** The sure way: Python starts and imports the engine from the library. */
const started = ({ wasm, library }) => loadPyodide(options(wasm, library));

/** The fast way: memory as the build left it, which the engine must prove to be sound. */
async function restored({ wasm, library, snapshot }) {
  const { notes, header, restore } = readSnapshot(snapshot);
  const python = await loadPyodide({
    ...options(wasm, library),
    _loadSnapshot: header,
    async createPyodideModule(settings) {
      settings.INITIAL_MEMORY = notes.heap; // Pyodide takes it from the length of _loadSnapshot, here the header's
      const module = await createPyodideModule(settings);
      restore(module.HEAPU8);
      return module;
    },
  });
  const answer = python.pyimport("confmend.bridge").call(SELF_TEST);
  if (answer !== notes.answer) throw new Error("the restored engine does not answer as it did when it was built");
  python.pyimport("random").seed(); // the snapshot froze its state; os.urandom is fresh
  return python;
}

/** Everything that Pyodide would look for elsewhere. */
function options(wasm, library) {
  const network = self.fetch;
  // Any other fetch goes its way, which the page's policy closes.
  self.fetch = (asked, ...rest) => {
    if (String(asked) === WASM) return Promise.resolve(new Response()); // compiled already, see below
    if (String(asked) === LIBRARY) return Promise.resolve(new Response(library));
    return network(asked, ...rest);
  };
  WebAssembly.instantiateStreaming = async (_, imports) => ({
    module: wasm,
    instance: await WebAssembly.instantiate(wasm, imports),
  });
  return {
    indexURL: NOWHERE,
    stdLibURL: LIBRARY,
    packageBaseUrl: NOWHERE,
    lockFileContents: { info: PYODIDE_INFO, packages: {} }, // the build defines PYODIDE_INFO
    createPyodideModule,
  };
}
