// What this page makes of text that a browser would run or render: two places, named in its policy as "confmend".
// Where a browser knows Trusted Types, it refuses every other text in such a place, and a second policy as well.

const policy = globalThis.trustedTypes?.createPolicy("confmend", { createHTML: same, createScriptURL: own });

/** The report: the template that made it escapes whatever was pasted. */
export function trustedReport(/** @type {string} */ html) {
  return policy ? policy.createHTML(html) : html;
}

/** The engine's worker, which the page has put together itself. */
export function trustedWorker(/** @type {string} */ url) {
  return policy ? policy.createScriptURL(url) : own(url);
}

function same(text) {
  return text;
}

function own(url) {
  if (!url.startsWith("blob:")) throw new TypeError("The engine's worker comes from this page alone.");
  return url;
}
