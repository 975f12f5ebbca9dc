// A card for each text that is there: what it was found to be, what is hidden in it, what its program does not read.

const WORDS = {
  box: "In the box above",
  size: (bytes) => (bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`),
  paste: (number) => `Paste ${number}`,
  edit: "Edit",
  remove: "Remove",
  kindOf: (name) => `Kind of ${name}`,
  unknown: "not recognised",
  hidden: (count) => `${count} hidden`,
  problems: (count) => `${count} ${count === 1 ? "line" : "lines"} not read`,
};

/**
 * @typedef {{paste: number, place: number, name: string, kind: string, title: string, hidden: number, problems: number, reason: string}} Card
 * @typedef {{kind: string, title: string}} Kind
 * @typedef {{title: string, size?: number, onEdit?: () => void, onRemove: () => void, onKind: (place: number, kind: string) => void}} Given
 */

/**
 * @param {HTMLElement} list
 * @param {Given[]} given what the reader gave, in the order of the pastes
 * @param {Card[]} cards what was found in it; empty before the first analysis
 * @param {Kind[]} kinds
 */
export function showCards(list, given, cards, kinds) {
  list.replaceChildren(...given.map((each, index) => row(each, cards.filter(({ paste }) => paste === index), kinds)));
  list.hidden = !given.length;
}

function row(/** @type {Given} */ given, /** @type {Card[]} */ cards, kinds) {
  const [only] = cards;
  const title = given.title || (cards.length === 1 && only.name) || WORDS.box;
  const head = element("div", "head", element("b", "", title));
  if (given.size !== undefined) head.append(element("span", "size", WORDS.size(given.size)));
  if (given.onEdit) head.append(button(WORDS.edit, title, given.onEdit));
  head.append(button(WORDS.remove, title, given.onRemove));
  const made = element("li", "", head);
  if (cards.length === 1) made.append(found(only, given, kinds));
  else if (cards.length) made.append(element("ul", "", ...cards.map((card) => element("li", "", element("b", "", card.name), found(card, given, kinds)))));
  return made;
}

function found(/** @type {Card} */ card, /** @type {Given} */ given, /** @type {Kind[]} */ kinds) {
  const choice = document.createElement("select");
  choice.ariaLabel = WORDS.kindOf(card.name);
  choice.append(...(card.kind ? [] : [new Option(WORDS.unknown, "")]), ...kinds.map(({ kind, title }) => new Option(title, kind)));
  choice.value = card.kind;
  choice.addEventListener("change", () => given.onKind(card.place, choice.value));
  const made = element("div", "of-kind", choice);
  if (card.hidden) made.append(element("span", "hidden", WORDS.hidden(card.hidden)));
  if (card.problems) made.append(element("a", "problems", WORDS.problems(card.problems)));
  made.querySelector("a")?.setAttribute("href", "#problems");
  if (card.reason) made.append(element("p", "reason", card.reason));
  return made;
}

export const pasteTitle = WORDS.paste;

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function button(text, of, onClick) {
  const made = element("button", "", text);
  made.type = "button";
  made.ariaLabel = `${text} ${of}`;
  made.addEventListener("click", onClick);
  return made;
}
