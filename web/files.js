// Where the engine's files come from: beside the page, or inside it when the page is one self-contained file.
// All are gzip, unpacked here, so that no host's compression or MIME types matter.

const WASM_TYPE = { "content-type": "application/wasm" }; // ours to say: the host may know nothing of it

/** @typedef {{name: string, bytes: number}} EngineFile a file beside the page, and its length */

/** @returns {Record<string, EngineFile>} what the build has written into the page */
export function engineFiles() {
  return JSON.parse(document.getElementById("engine-files").textContent);
}

/**
 * @param {string} key
 * @param {EngineFile} file
 * @param {(bytes: number) => void} onBytes is told of each part that arrives
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer | WebAssembly.Module>} WebAssembly compiles while it arrives
 */
export async function unpacked(key, file, onBytes, signal) {
  const inside = document.getElementById(`engine-file-${key}`);
  const packed = inside ? new Response(fromBase64(inside.textContent)).body : await fetched(file.name, signal);
  const counted = packed.pipeThrough(
    new TransformStream({
      transform(part, controller) {
        onBytes(part.byteLength);
        controller.enqueue(part);
      },
    }),
  );
  const plain = new Response(counted.pipeThrough(new DecompressionStream("gzip")), { headers: WASM_TYPE });
  try {
    return await (key === "wasm" ? WebAssembly.compileStreaming(plain) : plain.arrayBuffer());
  } catch {
    signal.throwIfAborted();
    throw new Error(`${file.name} did not arrive whole.`);
  }
}

async function fetched(name, signal) {
  const response = await fetch(name, { signal }).catch(() => {
    signal.throwIfAborted();
    throw new Error(`${name} could not be fetched.`);
  });
  if (!response.ok) throw new Error(`${name} could not be fetched: the host answers ${response.status}.`);
  return response.body;
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
