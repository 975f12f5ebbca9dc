// The search on the index of incidents and rules: it hides what does not hold every word. Without it all is listed.

const search = document.getElementById("search");
const found = document.getElementById("found");
const entries = [...document.querySelectorAll(".entries > li")].map((item) => ({
  item,
  text: `${item.textContent} ${item.dataset.words}`.toLowerCase(),
}));

search.closest(".search").hidden = false;
search.addEventListener("input", show);
show();

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { item, text } of entries) {
    item.hidden = !words.every((word) => text.includes(word));
    count += !item.hidden;
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = ![...section.querySelectorAll(".entries > li")].some((item) => !item.hidden);
  }
  found.textContent = words.length ? `${count} found` : "";
}
