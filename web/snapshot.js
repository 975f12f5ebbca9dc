// The memory of a Python that has everything imported, in few bytes: only what differs from the memory that the same
// WebAssembly has before Python starts. The build packs it (pack.mjs), the worker unpacks it.
//
// The file, in 32-bit words (little-endian):
//   length of the notes, notes (JSON, padded: {heap, answer}),
//   length of Pyodide's own header, header,
//   then runs to the end of the file: where, how many, the words.

const MAX_GAP = 4; // a run that goes on over a few equal words is shorter than two runs

/**
 * @param {object} notes anything that JSON can say; `heap`, the size of the memory, is added
 * @param {Uint8Array} header what Pyodide writes before the memory
 * @param {Uint8Array} fresh the memory before Python started
 * @param {Uint8Array} used the memory to come back to
 * @returns {Uint8Array}
 */
export function packSnapshot(notes, header, fresh, used) {
  const before = words(fresh), after = words(used);
  const text = JSON.stringify({ ...notes, heap: used.length });
  const noted = words(new TextEncoder().encode(text + " ".repeat(-new TextEncoder().encode(text).length & 3)));
  const out = [noted.length, ...noted, header.length >> 2, ...words(header)];
  const same = (at) => after[at] === (at < before.length ? before[at] : 0);
  for (let at = 0; at < after.length; at++) {
    if (same(at)) continue;
    const start = at;
    let end = at + 1; // one past the last word that differs
    for (; at < after.length && at - end < MAX_GAP; at++) if (!same(at)) end = at + 1;
    out.push(start, end - start);
    for (let i = start; i < end; i++) out.push(after[i]);
    at = end;
  }
  return new Uint8Array(Uint32Array.from(out).buffer);
}

/**
 * @param {ArrayBuffer} file
 * @returns {{notes: {heap: number, answer: string}, header: Uint8Array, restore: (heap: Uint8Array) => void}}
 */
export function readSnapshot(file) {
  const all = new Uint32Array(file);
  const noted = all.subarray(1, 1 + all[0]);
  const header = all.subarray(2 + all[0], 2 + all[0] + all[1 + all[0]]);
  const runs = 2 + noted.length + header.length;
  return {
    notes: JSON.parse(new TextDecoder().decode(bytes(noted))),
    header: bytes(header),
    restore(heap) {
      const memory = words(heap);
      let at = runs;
      for (; at < all.length; at += 2 + all[at + 1]) {
        memory.set(all.subarray(at + 2, at + 2 + all[at + 1]), all[at]);
      }
      if (at !== all.length) throw new Error("the snapshot is not whole");
    },
  };
}

const words = (/** @type {Uint8Array} */ part) => new Uint32Array(part.buffer, part.byteOffset, part.byteLength >> 2);
const bytes = (/** @type {Uint32Array} */ part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
