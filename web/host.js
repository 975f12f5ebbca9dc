// The page inside another one: its compact form, and what it takes from its host and says to it.
//
// A host page is not trusted. It may hand in text and gets back the redacted analysis of that very text, which it could
// have made itself. Of what the reader pastes here it learns nothing but how high the page is.
//
// The host sends one window message {confmend: 1, type: "connect"} with a MessagePort. It is heard if it comes from
// the page right around this one, whose origin is the one in the address (?embed=1&host=https://wiki.example) and is
// on the list that the build was given, if it was given one. All else goes over that port, as {confmend: 1, type, ...}:
//
//   host: {type: "analyse", id, text, name?}   page: {type: "result", id, analysis} or {type: "error", id, message}
//   host: {type: "load", id, text, name?}      the same, and the text is shown, unless the reader is at work
//   host: {type: "theme", scheme}              "light" or "dark"
//   page: {type: "hello"}, then {type: "ready"} once the engine is up, {type: "resize", height}, {type: "error", message}

const PROTOCOL = 1;
const LONGEST = 20_000_000;

const WORDS = {
  text: "There has to be a text.",
  long: `The text is longer than ${LONGEST / 1e6} million characters.`,
  unknown: "There is no such message.",
};

const options = new URLSearchParams(location.search);
export const embedded = options.has("embed");

/** Take the compact form, and the colours that the address asks for. */
export function fitIn() {
  if (!embedded) return;
  document.documentElement.dataset.embed = "";
  theme(options.get("theme"));
  document.getElementById("alone").hidden = false;
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[href]");
    if (!link || link.getAttribute("href").startsWith("#") || link.hasAttribute("download")) return;
    if (link.id === "alone-link") link.href = location.pathname + location.hash;
    Object.assign(link, { target: "_blank", rel: "noopener" }); // the frame is the page's, not a place to read on
  });
}

/** Kept when the reader can see the page: a frame far below, or folded away, must cost nothing. */
export function whenSeen() {
  if (!embedded) return Promise.resolve();
  return new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(document.body);
  });
}

/**
 * Listen to the page around this one, if the address says that there is one to listen to.
 * @param {{analyse: (pastes: {text: string, name: string}[]) => Promise<object>, load: (text: string) => void}} does
 * @returns {{say: (type: string, rest?: object) => void}} says something to the host, if there is one by then
 */
export function talkToHost({ analyse, load }) {
  const host = options.get("host");
  /** @type {MessagePort | undefined} */
  let port;
  let latest = { type: "hello" }; // what a host that connects late has missed
  if (!embedded || parent === window || host === null || !isAllowed(host)) return { say() {} };
  addEventListener("message", ({ source, origin, data, ports }) => {
    if (source !== parent || origin !== host || data?.confmend !== PROTOCOL || data.type !== "connect" || !ports.length) return;
    port?.close();
    [port] = ports;
    port.onmessage = ({ data: asked }) => received(asked);
    tell("hello");
    tellHeight();
    if (latest.type !== "hello") port.postMessage(latest);
  });
  new ResizeObserver(tellHeight).observe(document.documentElement);
  return { say };

  function say(type, rest = {}) {
    latest = { confmend: PROTOCOL, type, ...rest };
    port?.postMessage(latest);
  }

  function tell(type, rest = {}) {
    port?.postMessage({ confmend: PROTOCOL, type, ...rest });
  }

  function tellHeight() {
    tell("resize", { height: Math.ceil(document.documentElement.getBoundingClientRect().height) });
  }

  async function received(asked) {
    if (asked?.confmend !== PROTOCOL) return;
    if (asked.type === "theme") return theme(asked.scheme);
    const { id } = asked;
    try {
      tell("result", { id, analysis: await answered(asked) });
    } catch ({ message }) {
      tell("error", { id, message });
    }
  }

  async function answered({ type, text, name = "" }) {
    if (type !== "analyse" && type !== "load") throw new Error(WORDS.unknown);
    if (typeof text !== "string" || typeof name !== "string") throw new Error(WORDS.text);
    if (text.length > LONGEST) throw new Error(WORDS.long);
    if (type === "load") load(text);
    return analyse([{ text, name }]); // of this text alone: nothing that the reader gave or chose is in it
  }
}

/** Without a list anybody may embed the page: it gives nothing that its files do not give to everybody. */
function isAllowed(host) {
  const allowed = JSON.parse(document.getElementById("allowed-hosts").textContent);
  return !allowed || allowed.includes(host);
}

function theme(scheme) {
  if (scheme === "light" || scheme === "dark") document.documentElement.dataset.theme = scheme;
}
