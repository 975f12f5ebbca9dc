// What a reader can check before trusting the page: what was loaded, by its bytes; the policy; that nothing gets out.

import { element } from "./cards.js";

const WORDS = {
  loaded: (name, bytes) => `${name}, ${bytes.toLocaleString("en")} bytes`,
  insecure: "This page came without https, so the browser computes no checksums; anybody on the way may have changed it.",
  refused: (directive) => `Refused by the browser: ${directive} of the policy forbids it.`,
  failed: "It did not get out.",
  out: "It got out! Do not trust this page.",
  offline: "Your network is off now, and this page works.",
  versions: ({ confmend, python, pyodide }) => `confmend ${confmend}, Python ${python}, Pyodide ${pyodide}`,
};

const at = (id) => document.getElementById(id);

/**
 * @param {{sums: () => Promise<{name: string, bytes: number, sha256: string}[]>, versions: {python: string, pyodide: string}}} engine
 * @param {string} confmend its version
 */
export function showTrust(engine, confmend) {
  at("version").textContent = confmend;
  at("versions").textContent = WORDS.versions({ confmend, ...engine.versions });
  at("checks").ontoggle = () => at("checks").open && check(engine);
  at("send").onclick = trySending;
  at("checks").hidden = false;
  const network = () => (at("network").textContent = navigator.onLine ? "" : WORDS.offline);
  addEventListener("offline", network);
  addEventListener("online", network);
  network();
}

/**
 * Where offline.html keeps this page in the browser, say so if its host has another version by now; it is the reader who
 * takes it. To be called before the page is sealed: it asks the host. Without a kept copy nothing is asked.
 */
export async function offerUpdate() {
  if (!isKept()) return;
  const { version } = await (await fetch("offline.json", { cache: "no-store" })).json();
  const base = new URL(".", document.baseURI).href;
  at("update").hidden = (await caches.keys()).includes(`confmend ${base} ${version}`); // as offline.js names it
}

function isKept() {
  try {
    return Boolean(navigator.serviceWorker?.controller);
  } catch {
    return false; // a frame without an origin may not even ask
  }
}

async function check(engine) {
  const policies = [...document.querySelectorAll('meta[http-equiv="Content-Security-Policy"]')];
  at("policy").textContent = policies.map(({ content }) => content.replaceAll("; ", "\n")).join("\n\n");
  const files = await engine.sums();
  at("sums").replaceChildren(
    ...files.map(({ name, bytes, sha256 }) => element("li", "", WORDS.loaded(name, bytes), element("code", "", sha256))),
  );
  at("sums-note").hidden = Boolean(crypto.subtle);
  at("sums-note").textContent = WORDS.insecure;
}

/** Ask this page's own host for something, which the policy has to refuse. */
async function trySending() {
  at("sent").textContent = "";
  let refused = "";
  const violated = ({ effectiveDirective }) => (refused = effectiveDirective);
  document.addEventListener("securitypolicyviolation", violated);
  const out = await fetch(location.href.split("#")[0], { mode: "no-cors", cache: "no-store" }).then(() => true, () => false);
  await new Promise((resolve) => setTimeout(resolve)); // the violation is told as an event, which may come later
  document.removeEventListener("securitypolicyviolation", violated);
  at("sent").textContent = out ? WORDS.out : refused ? WORDS.refused(refused) : WORDS.failed;
}
