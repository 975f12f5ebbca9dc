// The bytes of files as text, and back, with nothing lost: a byte that is not UTF-8 becomes one of U+DC80 to U+DCFF,
// as in Python's "surrogateescape", so that the command line reads the same text from the same file.

const ESCAPED = 0xdc00;
// Sequences of UTF-8 in bytes that are read as U+00..U+7F and U+F780..U+F7FF (the encoding "x-user-defined").
const UTF8 = new RegExp(
  [
    "[\\0-\\x7f]",
    "[C2-DF][80-BF]",
    "E0[A0-BF][80-BF]|[E1-ECEE-EF][80-BF]{2}|ED[80-9F][80-BF]",
    "F0[90-BF][80-BF]{2}|[F1-F3][80-BF]{3}|F4[80-8F][80-BF]{2}",
  ]
    .join("|")
    .replace(/[89A-F][0-9A-F]/g, (byte) => `\\uf7${byte.toLowerCase()}`)
    .replace(/^(.*)$/s, "(?:$1){1,1000}"), // bounded, for the sake of the engine's stack
  "g",
);

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function decoded(bytes) {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  const binary = bytes.includes(0); // the engine refuses it, so it is never given back
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true, fatal: !binary }).decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

function escaped(bytes) {
  const letters = new TextDecoder("x-user-defined").decode(bytes); // a letter a byte
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const odd = (from, to) => letters.slice(from, to).replace(/./gs, (letter) => String.fromCharCode(ESCAPED + (letter.charCodeAt(0) & 0xff)));
  const parts = [];
  let done = 0;
  for (const { index, 0: run } of letters.matchAll(UTF8)) {
    parts.push(odd(done, index), utf8.decode(bytes.subarray(index, index + run.length)));
    done = index + run.length;
  }
  parts.push(odd(done, letters.length));
  return parts.join("");
}

/**
 * @param {string} text
 * @returns {Blob} the bytes that `decoded` makes the text from
 */
export function encoded(text) {
  const parts = text.split(/([\udc80-\udcff]+)/u); // with the flag, only those that are no half of a pair
  const bytes = (odd) => Uint8Array.from(odd, (letter) => letter.charCodeAt(0) - ESCAPED);
  return new Blob(parts.map((part, at) => (at % 2 ? bytes(part) : part)), { type: "application/octet-stream" });
}
