// Unpacks the engine's files in a worker of its own, so that the page stays free: gzip, and for WebAssembly the
// compiler. The page carries this script as a text.
//
//   page: {key, part} for each part as it arrives, without one after the last   worker: {key, whole}, or {key} if it is broken

const WASM_TYPE = { "content-type": "application/wasm" }; // ours to say: the host may know nothing of it

/** @type {Map<string, WritableStreamDefaultWriter>} */
const begun = new Map();

self.onmessage = ({ data: { key, part } }) => {
  const file = begun.get(key) ?? begin(key);
  (part ? file.write(part) : file.close()).catch(() => {}); // the reading end says it
};

function begin(key) {
  const gzip = new DecompressionStream("gzip");
  const plain = new Response(gzip.readable, { headers: WASM_TYPE });
  const whole = key === "wasm" ? WebAssembly.compileStreaming(plain) : plain.arrayBuffer();
  const done = (whole) => self.postMessage({ key, whole }, whole instanceof ArrayBuffer ? [whole] : []);
  whole.then(done, () => self.postMessage({ key }));
  begun.set(key, gzip.writable.getWriter());
  return begun.get(key);
}
