// Files, folders and archives, as texts. What an archive holds Python takes out, in the worker; nothing is put anywhere.

import { decoded } from "./text.js";

const LARGEST_ARCHIVE = 400e6; // it has to fit into the memory of a tab twice
const MOST_FILES = 20_000; // of a folder
// The first bytes of gzip, xz, zip, bzip2, zstd, 7z, RAR, compress.
const STARTS = ["1f8b", "fd377a58", "504b0304", "504b0506", "425a68", "28b52ffd", "377abcaf", "52617221", "1f9d"];
const TAR_AT = 257; // "ustar"

const WORDS = {
  unreadable: (names) => `Could not be read: ${names}.`,
  large: (name) => `${name} is larger than ${LARGEST_ARCHIVE / 1e6} MB: add only the files in it that matter.`,
  archive: (name, reason) => `${name}: ${reason}.`,
  taken: (name, count) => `From ${name}: ${count === 1 ? "1 file" : `${count} files`}.`,
  folder: (count) => `Of the folder: ${count === 1 ? "1 file" : `${count} files`}.`,
  left: (count) => `${count === 1 ? "1 file" : `${count} files`} of no kind that is read.`,
  many: `More than ${MOST_FILES} files are there; the rest was not looked at.`,
};

/**
 * @typedef {{name: string, file: File}} Named a file, with its path in the folder that it came in
 * @typedef {{texts: {name: string, size: number, text: string}[], notes: string[], problems: string[]}} Taken
 */

/**
 * What was dropped: files, and whole folders. To be called while the event is there.
 * @param {DataTransfer} data
 * @returns {Promise<{files: Named[], folder: boolean}>}
 */
export function dropped(data) {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...data.files];
  if (!entries.some((entry) => entry.isDirectory)) return Promise.resolve({ files: plain.map(named), folder: false });
  return walked(entries).then((files) => ({ files, folder: true }));
}

/** @returns {Named} */
export const named = (file) => ({ name: file.webkitRelativePath || file.name, file });

async function walked(entries) {
  const files = [];
  const waiting = [...entries];
  while (waiting.length && files.length < MOST_FILES) {
    const entry = waiting.shift();
    if (entry.isDirectory) waiting.push(...(await listed(entry.createReader())));
    else files.push({ name: entry.fullPath.replace(/^\//, ""), file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
  }
  return files;
}

async function listed(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return all;
    all.push(...some);
  }
}

/**
 * @param {Named[]} files
 * @param {boolean} folder of a folder only those files are read that may be of use
 * @param {(name: string, args: object, data?: ArrayBuffer) => Promise<any>} call the engine
 * @returns {Promise<Taken>}
 */
export async function taken(files, folder, call) {
  /** @type {Taken} */
  const all = { texts: [], notes: [], problems: [] };
  const wanted = folder ? await chosen(files, call) : files;
  const failed = [];
  for (const { name, file } of wanted) {
    try {
      const start = new Uint8Array(await file.slice(0, TAR_AT + 5).arrayBuffer());
      if (isArchive(start)) await unpack(name, file, all, call);
      else all.texts.push({ name, size: file.size, text: decoded(new Uint8Array(await file.arrayBuffer())) });
    } catch {
      failed.push(name);
    }
  }
  if (failed.length) all.problems.push(WORDS.unreadable(failed.join(", ")));
  if (folder) await sift(files.length, all, call);
  return all;
}

async function chosen(files, call) {
  const asked = files.map(({ name, file }) => ({ name, size: file.size }));
  const wanted = await call("folder", { files: asked });
  return files.filter((_, index) => wanted[index]);
}

/** Of what a folder held, keep what a format reads. */
async function sift(count, /** @type {Taken} */ all, call) {
  const useful = await call("of_use", { files: all.texts.map(({ name, text }) => ({ name, text: text.slice(0, 20_000) })) });
  all.texts = all.texts.filter((_, index) => useful[index]);
  all.notes.unshift(WORDS.folder(all.texts.length));
  if (count > all.texts.length) all.notes.push(WORDS.left(count - all.texts.length));
  if (count >= MOST_FILES) all.notes.push(WORDS.many);
}

async function unpack(name, file, /** @type {Taken} */ all, call) {
  if (file.size > LARGEST_ARCHIVE) return all.problems.push(WORDS.large(name));
  const data = await file.arrayBuffer();
  try {
    const { pastes, notes } = await call("unpack", { name }, data);
    all.texts.push(...pastes.map((each) => ({ ...each, size: new Blob([each.text]).size })));
    return all.notes.push([WORDS.taken(name, pastes.length), ...notes].join(" "));
  } catch (error) {
    return all.problems.push(WORDS.archive(name, error.message.replace(/\.$/, "")));
  }
}

function isArchive(start) {
  const hex = [...start.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const tar = String.fromCharCode(...start.subarray(TAR_AT)) === "ustar";
  return tar || STARTS.some((each) => hex.startsWith(each));
}
