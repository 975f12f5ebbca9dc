// What the reader gives: the paste box, files and further pastes, answers.

import { element, pasteTitle, showCards } from "./cards.js";
import { answersForm } from "./form.js";
import { dropped, named, taken } from "./take.js";

// A text box takes seconds to lay out more than this; such a paste becomes an item of the list.
const BOX_HOLDS = 500_000;
// An input event that adds more than this at once was no typing, nor was one that says what it was.
const PASTED = 20;
const PASTING = /^insertFrom(Paste|Drop|Yank)/;

const READING = "Reading …";

/**
 * @typedef {{text: string, name?: string, kind?: string, kinds?: [number, string][]}} Paste
 * @typedef {{text: string, name: string, size: number, kinds: Map<number, string>}} Item a paste that is not in the box; without a name it came from there
 */

const at = (id) => document.getElementById(id);
const box = at("paste");

/**
 * @param {{onGiven: () => void, onTyped: () => void, onAnswer: () => void, onReplaced: () => void, call: (name: string, args: object, data?: ArrayBuffer) => Promise<any>}} listeners
 * `onGiven`: a whole text came or went; `onTyped`: a letter did; `onAnswer`: an answer or a kind is another;
 * `onReplaced`: everything is another thing now
 */
export function readInput({ onGiven, onTyped, onAnswer, onReplaced, call }) {
  /** @type {Item[]} */
  let items = [];
  /** @type {{text: string, items: Item[], answers: Map<string, string>} | undefined} */
  let aside;
  let length = 0; // of the box, before the latest input
  /** @type {Set<string>} what the reader chose about hiding, as lines: `level = addresses` */
  let choices = new Set();
  /** @type {Map<number, string>} the kinds that the reader says the texts in the box are */
  let boxKinds = new Map();
  /** @type {import("./cards.js").Card[]} */
  let cards = [];
  /** @type {import("./cards.js").Kind[]} */
  let kinds = [];
  const form = answersForm(onAnswer);

  listen();
  return { pastes, choose, offer, showExample, give, showFound, focus: () => box.focus() };

  function offer(questions, allKinds) {
    form.offer(questions);
    kinds = allKinds;
    showItems();
  }

  /** Show what the engine found in what is here; `known` is what the form asks and the pastes say. */
  function showFound(found, known) {
    if (JSON.stringify(found) !== JSON.stringify(cards)) {
      cards = found;
      showItems();
    }
    form.show(known);
  }

  /** Add a line to the choices, or take it out. @returns {boolean} whether that changed anything */
  function choose(line, on) {
    if (choices.has(line) === on) return false;
    if (on) choices.add(line);
    else choices.delete(line);
    return true;
  }

  /** @returns {Paste[]} in the order in which they came: what is in the box is the latest */
  function pastes() {
    const given = items.map(({ text, name, kinds: said }) => ({ text, name, kinds: [...said] }));
    if (box.value.trim()) given.push({ text: box.value, name: "", kinds: [...boxKinds] });
    const answers = [...form.answered()].map(([key, answer]) => `${key} = ${answer}\n`).join("");
    if (answers) given.push({ text: answers, name: "answers", kind: "answers" });
    if (given.length && choices.size) given.push({ text: [...choices].join("\n"), name: "", kind: "redaction" });
    return given;
  }

  function listen() {
    box.addEventListener("input", ({ inputType = "" }) => {
      const grown = box.value.length - length;
      length = box.value.length;
      if (grown > PASTED || !length || PASTING.test(inputType)) fresh();
      else onTyped();
    });
    box.addEventListener("paste", (event) => take(event, event.clipboardData));
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.add("dropping");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) document.body.classList.remove("dropping");
    });
    document.addEventListener("drop", (event) => {
      document.body.classList.remove("dropping");
      if (!take(event, event.dataTransfer) && event.target !== box) event.preventDefault();
    });
    for (const id of ["files", "folder"]) {
      at(id).addEventListener("change", () => {
        add([...at(id).files].map(named), id === "folder");
        at(id).value = "";
      });
      at(`add-${id}`).addEventListener("click", () => at(id).click());
    }
    at("add-paste").addEventListener("click", addFromBox);
    at("start-over").addEventListener("click", () => replace("", [], new Map()));
    at("bring-back").addEventListener("click", bringBack);
  }

  /** Another text is in the box, so nothing that was said of the last one holds. */
  function fresh() {
    boxKinds = new Map();
    cards = [];
    showItems();
    onGiven();
  }

  /** Take files, and texts that the box can't hold; all else is the box's own. */
  function take(event, data) {
    const files = data.files.length > 0;
    const text = data.getData("text/plain");
    if (!files && text.length <= BOX_HOLDS) return false;
    event.preventDefault();
    if (files) dropped(data).then(({ files: all, folder }) => add(all, folder));
    else addItems([item(text.replaceAll("\r\n", "\n"))]); // as the box does
    return true;
  }

  async function add(/** @type {import("./take.js").Named[]} */ files, folder) {
    if (!files.length) return;
    at("notes").replaceChildren(READING);
    at("notes").hidden = false;
    at("unreadable").hidden = true;
    const { texts, notes, problems } = await taken(files, folder, call).catch(({ message }) => ({ texts: [], notes: [], problems: [message] }));
    at("notes").replaceChildren(...notes.map((each) => element("p", "", each)));
    at("notes").hidden = !notes.length;
    at("unreadable").textContent = problems.join(" ");
    at("unreadable").hidden = !problems.length;
    addItems(texts.map((each) => ({ ...each, kinds: new Map() })));
  }

  function addItems(/** @type {Item[]} */ more) {
    if (!more.length) return;
    items = [...items, ...more];
    cards = cards.filter(({ paste }) => paste < items.length - more.length); // what was in the box moves on
    showItems();
    onGiven();
  }

  function addFromBox() {
    if (box.value.trim()) {
      items = [...items, item(box.value, boxKinds)];
      fill("");
      showItems();
    }
    box.focus();
  }

  function edit(/** @type {Item} */ chosen) {
    items = items.filter((each) => each !== chosen);
    if (box.value.trim()) items = [...items, item(box.value, boxKinds)];
    fill(chosen.text);
    boxKinds = chosen.kinds;
    cards = [];
    showItems();
    box.focus();
    onTyped();
  }

  function remove(/** @type {Item} */ gone) {
    const index = items.indexOf(gone);
    items = items.filter((each) => each !== gone);
    cards = cards.filter(({ paste }) => paste !== index).map((card) => ({ ...card, paste: card.paste - (card.paste > index) }));
    showItems();
    (at("items").children[Math.min(index, items.length - 1)]?.querySelector(".head button:last-child") ?? box).focus();
    onGiven();
  }

  function replace(text, newItems, newAnswers) {
    const own = { text: box.value, items, answers: form.answered() };
    if (own.text.trim() || own.items.length || own.answers.size) aside = own;
    at("aside").hidden = !aside;
    become(text, newItems, newAnswers);
  }

  function bringBack() {
    const { text, items: before, answers } = aside;
    aside = undefined;
    at("aside").hidden = true;
    become(text, before, answers);
    box.focus();
  }

  function become(text, newItems, newAnswers) {
    fill(text);
    items = newItems;
    choices = new Set();
    form.set(newAnswers);
    form.show([]);
    cards = [];
    at("notes").hidden = at("unreadable").hidden = true;
    showItems();
    onReplaced();
  }

  function fill(text) {
    box.value = text;
    length = box.value.length;
    boxKinds = new Map();
  }

  function showItems() {
    const given = items.map((each, index) => ({
      title: each.name || pasteTitle(index + 1),
      size: each.size,
      onEdit: !each.name && each.text.length <= BOX_HOLDS ? () => edit(each) : undefined,
      onRemove: () => remove(each),
      onKind: (place, kind) => sayKind(each.kinds, place, kind),
    }));
    if (box.value.trim() && cards.some(({ paste }) => paste === items.length)) {
      given.push({ title: "", onRemove: emptyBox, onKind: (place, kind) => sayKind(boxKinds, place, kind) });
    }
    showCards(at("items"), given, cards, kinds);
  }

  function sayKind(/** @type {Map<number, string>} */ said, place, kind) {
    said.set(place, kind);
    onAnswer();
  }

  function emptyBox() {
    fill("");
    box.focus();
    fresh();
  }

  async function showExample(slug) {
    const given = await call("example", { slug });
    const text = given.length === 1 ? given[0].text : given.map((each) => `==> ${each.name} <==\n${each.text}`).join("\n");
    give(text);
  }

  /** Take this text instead of what is here, which is put aside. */
  function give(text) {
    if (text.length > BOX_HOLDS) replace("", [item(text)], new Map());
    else replace(text, [], new Map());
  }
}

/** @returns {Item} */
const item = (text, kinds = new Map()) => ({ text, name: "", size: new Blob([text]).size, kinds });
