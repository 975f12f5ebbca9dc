// Where the engine's files come from: beside the page, or inside it when the page is one self-contained file.
// All are gzip, unpacked here, so that no host's compression or MIME types matter.

import { trustedWorker } from "./trusted.js";

/** @typedef {{name: string, bytes: number}} EngineFile a file beside the page, and its length */

/** @returns {Record<string, EngineFile>} what the build has written into the page */
export function engineFiles() {
  return JSON.parse(document.getElementById("engine-files").textContent);
}

/**
 * Get files and unpack them; WebAssembly compiles while it arrives.
 * @param {string[]} keys
 * @param {Record<string, EngineFile>} files
 * @param {(key: string, part: Uint8Array) => void} onPart is given each part that arrives
 * @param {AbortSignal} signal
 * @returns {Promise<[string, ArrayBuffer | WebAssembly.Module][]>}
 */
export async function unpacked(keys, files, onPart, signal) {
  const script = URL.createObjectURL(new Blob([UNPACK], { type: "text/javascript" })); // the build defines UNPACK
  const worker = new Worker(trustedWorker(script));
  const broken = (key) => new Error(`${files[key].name} did not arrive whole.`);
  const whole = (key) =>
    new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => {
        if (data.key === key) data.whole ? resolve([key, data.whole]) : reject(broken(key));
      });
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        reject(broken(key));
      });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const handOver = async (key) => {
    const part = (part) => {
      onPart(key, part);
      worker.postMessage({ key, part });
    };
    const inside = document.getElementById(`engine-file-${key}`);
    if (inside) part(fromBase64(inside.textContent));
    else await fetched(files[key].name, part, signal, () => broken(key));
    worker.postMessage({ key });
  };
  try {
    const [all] = await Promise.all([Promise.all(keys.map(whole)), ...keys.map(handOver)]);
    return all;
  } finally {
    worker.terminate();
    URL.revokeObjectURL(script);
  }
}

async function fetched(name, onPart, signal, broken) {
  const failed = (error) => () => {
    signal.throwIfAborted();
    throw error;
  };
  const response = await fetch(name, { signal }).catch(failed(new Error(`${name} could not be fetched.`)));
  if (!response.ok) throw new Error(`${name} could not be fetched: the host answers ${response.status}.`);
  const reader = response.body.getReader();
  const next = () => reader.read().catch(failed(broken()));
  for (let { done, value } = await next(); !done; { done, value } = await next()) onPart(value);
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

/**
 * Narrow the page's policy for good: from here on it, and each worker that it starts, may fetch these files and
 * nothing else, and load no further script. Policies only add up, so that no script can take this back.
 * @param {EngineFile[]} allowed
 */
export function seal(...allowed) {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  const addresses = allowed.map(({ name }) => new URL(name, document.baseURI).href);
  policy.content = `connect-src ${addresses.join(" ") || "'none'"}; script-src 'wasm-unsafe-eval'; worker-src blob:`;
  document.head.append(policy);
}
