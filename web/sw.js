// Gives out the copy of the page that offline.html has put into this browser, and asks the host for all else. It changes
// no copy, keeps no text, listens to no message and asks for nothing by itself: without it the page is the same.

const OURS = `confmend ${registration.scope} `;
const WHOLE = "whole"; // as in offline.js, which puts it there last

self.addEventListener("fetch", (event) => {
  const { method, url, cache } = event.request;
  // no-store: offline.html asks for what the host has.
  if (method === "GET" && cache !== "no-store" && url.startsWith(registration.scope)) event.respondWith(answer(event.request));
});

async function answer(request) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(OURS)) continue;
    const copy = await caches.open(name);
    const found = (await copy.match(WHOLE)) && (await copy.match(request, { ignoreSearch: true, ignoreVary: true }));
    if (found) return found;
  }
  return fetch(request);
}
