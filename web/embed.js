// <confmend-sandbox>: confmend inside any page, in a frame. Without this script the element's own content stays.
//
//   <script src="https://tools.example/confmend/embed.js"></script>
//   <confmend-sandbox incident="no_buffer_space"></confmend-sandbox>
//   <confmend-sandbox><pre>max_connections = 500</pre></confmend-sandbox>
//
// Attributes: incident; src, the page's address (else the folder of this script); theme="light" or "dark" (else the
// host page's own); isolated, which takes the one-file page in a frame without an origin; label, the frame's name.
// Events: confmend-ready, and confmend-result and confmend-error with a detail. Method: analyse(text, name), a promise
// of the redacted analysis. What goes over the wire is described in host.js.
//
// It needs no inline style or script. A host page with a policy of its own lets it in with
// script-src and frame-src https://tools.example.

(() => {
  const PROTOCOL = 1;
  const PATIENCE_MS = 20_000; // for a frame to say that it is there
  const NEAR = "200px"; // so far below what is seen a frame may start
  const LOWEST = 160;
  const HERE = document.currentScript?.src;
  const STYLE = `
    :host { display: block; }
    :host([hidden]) { display: none; }
    iframe { display: block; box-sizing: border-box; width: 100%; height: 28rem; border: 1px solid #8888; border-radius: 6px; }
    p { margin: .25rem 0; font-size: .875em; }`;
  const WORDS = { label: "confmend: what is wrong in this configuration", alone: "Open confmend in a tab of its own", gone: "The element was taken out of the page.", anew: "The frame was loaded anew." };
  const SANDBOX = "allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox";

  class ConfmendSandbox extends HTMLElement {
    static observedAttributes = ["incident", "theme"];
    #shadow = this.attachShadow({ mode: "open" });
    #frame;
    #port;
    #lastId = 0;
    #waiting = new Map();
    #unsent = []; // until the frame has said that it is there
    #seen;
    #themes;

    connectedCallback() {
      const sheet = new CSSStyleSheet(); // a made sheet is no inline style to a policy
      sheet.replaceSync(STYLE);
      this.#shadow.adoptedStyleSheets = [sheet];
      this.#shadow.replaceChildren(document.createElement("slot"));
      this.#seen = new IntersectionObserver((entries) => entries.some((each) => each.isIntersecting) && this.#start(), { rootMargin: NEAR });
      if (document.readyState !== "loading") this.#seen.observe(this);
      else document.addEventListener("DOMContentLoaded", () => this.#seen.observe(this), { once: true }); // its text may not be there
    }

    disconnectedCallback() {
      this.#seen.disconnect();
      this.#themes?.();
      this.#port?.close();
      this.#frame = this.#port = this.#themes = undefined;
      this.#abandon(WORDS.gone);
      this.#unsent = [];
    }

    attributeChangedCallback(name, _, value) {
      if (!this.#frame) return;
      if (name === "theme") this.#tell("theme", { scheme: this.#scheme() });
      else this.#frame.src = this.#address(value);
    }

    /**
     * @param {string} text
     * @param {string} [name] of the file that it is
     * @returns {Promise<object>} the analysis, in the shape of analysis.schema.json; secrets are placeholders in it
     */
    analyse(text, name = "") {
      return this.#ask("analyse", { text, name });
    }

    #ask(type, rest) {
      const id = ++this.#lastId;
      const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
      this.#tell(type, { id, ...rest });
      this.#start();
      return answer;
    }

    #abandon(message) {
      for (const { reject } of this.#waiting.values()) reject(new Error(message));
      this.#waiting.clear();
    }

    #tell(type, rest) {
      const message = { confmend: PROTOCOL, type, ...rest };
      if (this.#port) this.#port.postMessage(message);
      else this.#unsent.push(message);
    }

    #start() {
      if (this.#frame || !this.isConnected) return;
      this.#seen.disconnect();
      const frame = document.createElement("iframe");
      this.#frame = frame;
      const isolated = this.hasAttribute("isolated");
      frame.title = this.getAttribute("label") || WORDS.label;
      frame.sandbox = isolated ? SANDBOX : `${SANDBOX} allow-same-origin`;
      frame.allow = "clipboard-write";
      frame.referrerPolicy = "no-referrer";
      frame.src = this.#address(this.getAttribute("incident"));
      // Each load makes a new page, which gets a new port: the old one has nobody at its other end.
      // A sandbox around the host page is one around this frame too.
      const nameless = isolated || self.origin === "null";
      frame.addEventListener("load", () => this.#connect(nameless ? "*" : new URL(frame.src).origin));
      const text = this.#text();
      this.#shadow.replaceChildren(frame);
      this.#themes = follow(() => this.#tell("theme", { scheme: this.#scheme() }));
      if (text && !this.hasAttribute("incident")) this.#ask("load", { text }).catch(() => {}); // the event says it
      setTimeout(() => this.#port || this.#shadow.append(this.#alone()), PATIENCE_MS);
    }

    /** @param {string} to the frame's origin, "*" where it has none; nothing secret goes with this message */
    #connect(to) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => data?.confmend === PROTOCOL && this.#received(data, port1);
      this.#frame.contentWindow.postMessage({ confmend: PROTOCOL, type: "connect" }, to, [port2]);
    }

    #received({ type, id, height, analysis, message }, port) {
      if (type === "hello") {
        if (this.#port) this.#abandon(WORDS.anew);
        this.#port?.close();
        this.#port = port;
        this.#unsent.splice(0).forEach((each) => port.postMessage(each));
        this.#tell("theme", { scheme: this.#scheme() });
        this.#shadow.querySelector("p")?.remove();
      } else if (type === "resize") {
        this.#frame.style.height = `${Math.max(LOWEST, Number(height) + 2 || 0)}px`; // with its border
      } else if (type === "ready") {
        this.#event("ready");
      } else if (type === "result" || type === "error") {
        const asked = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (type === "result") asked?.resolve(analysis);
        else asked?.reject(new Error(message));
        this.#event(type, type === "result" ? analysis : message);
      }
    }

    #event(type, detail) {
      this.dispatchEvent(new CustomEvent(`confmend-${type}`, { detail, bubbles: true }));
    }

    #text() {
      return this.textContent.replace(/^\s*\n/, "").trimEnd();
    }

    #scheme() {
      return this.getAttribute("theme") || schemeOf(this);
    }

    #address(incident) {
      const base = new URL(this.getAttribute("src") || ".", this.hasAttribute("src") ? document.baseURI : HERE);
      const page = this.hasAttribute("isolated") ? new URL("confmend.html", base) : base;
      // self.origin, not location.origin: in a sandbox it is "null", which is what the frame will hear.
      page.search = new URLSearchParams({ embed: "1", host: self.origin, theme: this.#scheme() }).toString();
      page.hash = incident ? `incident=${encodeURIComponent(incident)}` : "";
      return page.href;
    }

    #alone() {
      const link = Object.assign(document.createElement("a"), { href: this.#frame.src.replace(/\?[^#]*/, ""), textContent: WORDS.alone });
      const line = document.createElement("p");
      line.append(link);
      return line;
    }
  }

  /** Whether the page around an element is light or dark: by what is behind it, else by what the reader prefers. */
  function schemeOf(element) {
    for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
      const written = /^rgba?\((.*)\)$/.exec(getComputedStyle(at).backgroundColor);
      const [red, green, blue, alpha = 1] = (written?.[1].match(/[\d.]+/g) ?? []).map(Number);
      if (written && alpha > 0.5) return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128 ? "dark" : "light";
    }
    const schemes = getComputedStyle(element).colorScheme;
    if (schemes === "light" || schemes === "dark") return schemes;
    return schemes.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  /** Call when the host page may have changed its colours. @returns {() => void} ends that */
  function follow(changed) {
    const preference = matchMedia("(prefers-color-scheme: dark)");
    const switches = new MutationObserver(changed);
    for (const each of [document.documentElement, document.body]) switches.observe(each, { attributes: true });
    preference.addEventListener("change", changed);
    return () => {
      switches.disconnect();
      preference.removeEventListener("change", changed);
    };
  }

  if (!customElements.get("confmend-sandbox")) customElements.define("confmend-sandbox", ConfmendSandbox);
})();
