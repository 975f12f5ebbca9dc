// Keeps a copy of the page in this browser, as the reader asks: each file checked by its SHA-256, the copy named by its
// content, another version only when the reader takes it. sw.js gives the copy out.
//
// This is a page of its own, because the page that reads pastes may start no service worker: its policy forbids it.

const WHOLE = "whole"; // marks a copy with nothing missing
const WORDS = {
  unable: "This browser can’t keep it: it does so only for https, and not in private windows or some frames.",
  unreachable: "The host can’t be reached, so this says nothing of newer versions.",
  none: (size) => `It is not kept yet. It takes ${size} MB.`,
  kept: (version) => `Version ${version} is kept, and it is what the host has.`,
  older: (version, newer) => `Version ${version} is kept. The host has ${newer}.`,
  keptAlone: (version) => `Version ${version} is kept.`,
  keep: "Keep it",
  update: "Take the newer version",
  wrong: (name) => `${name} is not what the host’s list says; nothing was kept. Try again in a minute.`,
  missing: (name, status) => `${name}: the host answers ${status}; nothing was kept.`,
};

const at = (id) => document.getElementById(id);
const base = new URL(".", document.baseURI).href;
const prefix = `confmend ${base} `;

at("keep").addEventListener("click", () => work(keep));
at("remove").addEventListener("click", () => work(remove));
work(async () => {});

/** Do something, then say how things are. */
async function work(action) {
  at("keep").disabled = at("remove").disabled = true;
  at("problem").hidden = true;
  try {
    if (!isAble()) throw new Error(WORDS.unable);
    await action();
    await show();
  } catch (error) {
    at("problem").textContent = error.message;
    at("problem").hidden = false;
  }
  at("progress").hidden = true;
  at("keep").disabled = at("remove").disabled = false;
}

function isAble() {
  try {
    return Boolean(navigator.serviceWorker && globalThis.caches);
  } catch {
    return false; // a frame without an origin may not even ask
  }
}

async function show() {
  const offered = await listed().catch(() => undefined);
  const kept = await keptVersion();
  at("state").textContent = !offered
    ? [kept && WORDS.keptAlone(kept), WORDS.unreachable].filter(Boolean).join(" ")
    : !kept
      ? WORDS.none((offered.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1))
      : kept === offered.version
        ? WORDS.kept(kept)
        : WORDS.older(kept, offered.version);
  at("keep").hidden = !offered || kept === offered.version;
  at("keep").textContent = kept ? WORDS.update : WORDS.keep;
  at("remove").hidden = !kept;
}

/** @returns {Promise<{version: string, files: {name: string, bytes: number, sha256: string}[]}>} what the host has */
async function listed() {
  const response = await fetch("offline.json", { cache: "no-store" }); // so that sw.js lets it through
  if (!response.ok) throw new Error(WORDS.missing("offline.json", response.status));
  return response.json();
}

async function keep() {
  const { version, files } = await listed();
  await navigator.serviceWorker.register("sw.js"); // without a copy it lets everything through
  const before = await ours();
  const name = prefix + version;
  await caches.delete(name); // of an attempt that was cut short
  const copy = await caches.open(name);
  at("progress").hidden = false;
  at("progress").max = files.length;
  try {
    for (const [done, file] of files.entries()) {
      at("progress").value = done;
      const response = await checked(file);
      if (file.name === "index.html") await copy.put(base, response.clone());
      await copy.put(new URL(file.name, base), response);
    }
    await copy.put(new URL(WHOLE, base), new Response(version));
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
  await Promise.all(before.filter((each) => each !== name).map((each) => caches.delete(each)));
}

async function checked({ name, sha256 }) {
  const response = await fetch(name === "index.html" ? base : new URL(name, base), { cache: "no-store" });
  if (!response.ok) throw new Error(WORDS.missing(name, response.status));
  const bytes = await response.arrayBuffer();
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) throw new Error(WORDS.wrong(name));
  const headers = new Headers(response.headers); // with what the host says of framing
  for (const each of ["content-encoding", "content-length"]) headers.delete(each); // of what was sent, not of this
  return new Response(bytes, { headers });
}

async function remove() {
  const registration = await navigator.serviceWorker.getRegistration(base);
  await registration?.unregister();
  await Promise.all((await ours()).map((each) => caches.delete(each)));
}

async function ours() {
  return (await caches.keys()).filter((each) => each.startsWith(prefix));
}

/** @returns {Promise<string | undefined>} the version that a whole copy is of */
async function keptVersion() {
  for (const each of await ours()) {
    const copy = await caches.open(each);
    if (await copy.match(new URL(WHOLE, base))) return each.slice(prefix.length);
  }
  return undefined;
}
