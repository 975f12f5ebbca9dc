// What the reader gives: the paste box, files and further pastes, answers, examples.

import { decoded } from "./text.js";

// A text box takes seconds to lay out more than this; such a paste becomes an item of the list.
const BOX_HOLDS = 500_000;
// An input event that adds more than this at once was no typing.
const PASTED = 20;

const WORDS = {
  unreadable: (names) => `Could not be read: ${names}. A folder can’t be added; choose the files in it.`,
  size: (bytes) => (bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`),
  paste: (number) => `Paste ${number}`,
  edit: "Edit",
  remove: "Remove",
  example: (text) => `for example ${text}`,
  answered: (count) => (count ? `${count} answered` : "memory, CPUs, versions …"),
};

/**
 * @typedef {{text: string, name?: string, kind?: string}} Paste
 * @typedef {{text: string, name: string, size: number}} Item a paste that is not in the box; without a name it came from there
 * @typedef {{key: string, ask: string, example: string}} Question
 */

const at = (id) => document.getElementById(id);
const box = at("paste");

/**
 * @param {{onGiven: () => void, onTyped: () => void, onReplaced: () => void}} listeners
 * `onGiven`: a whole text came or went; `onTyped`: a letter did; `onReplaced`: everything is another thing now
 */
export function readInput({ onGiven, onTyped, onReplaced }) {
  /** @type {Item[]} */
  let items = [];
  /** @type {{text: string, items: Item[], answers: Map<string, string>} | undefined} */
  let aside;
  let length = 0; // of the box, before the latest input
  /** @type {Set<string>} what the reader chose about hiding, as lines: `level = addresses` */
  let choices = new Set();

  listen();
  return { pastes, choose, offerQuestions, offerExamples, focus: () => box.focus() };

  /** Add a line to the choices, or take it out. @returns {boolean} whether that changed anything */
  function choose(line, on) {
    if (choices.has(line) === on) return false;
    if (on) choices.add(line);
    else choices.delete(line);
    return true;
  }

  /** @returns {Paste[]} in the order in which they came: what is in the box is the latest */
  function pastes() {
    const given = items.map(({ text, name }) => ({ text, name }));
    if (box.value.trim()) given.push({ text: box.value, name: "" });
    const answers = [...answered()].map(([key, answer]) => `${key} = ${answer}\n`).join("");
    if (answers) given.push({ text: answers, name: "answers", kind: "answers" });
    if (given.length && choices.size) given.push({ text: [...choices].join("\n"), name: "", kind: "redaction" });
    return given;
  }

  function listen() {
    box.addEventListener("input", () => {
      const grown = box.value.length - length;
      length = box.value.length;
      if (grown > PASTED || !length) onGiven();
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
    at("files").addEventListener("change", () => {
      addFiles([...at("files").files]);
      at("files").value = "";
    });
    at("add-files").addEventListener("click", () => at("files").click());
    at("add-paste").addEventListener("click", addFromBox);
    at("start-over").addEventListener("click", () => replace("", [], new Map()));
    at("bring-back").addEventListener("click", bringBack);
    at("answers").addEventListener("change", () => {
      countAnswers();
      onGiven();
    });
  }

  /** Take files, and texts that the box can't hold; all else is the box's own. */
  function take(event, data) {
    const files = [...data.files];
    const text = data.getData("text/plain");
    if (!files.length && text.length <= BOX_HOLDS) return false;
    event.preventDefault();
    if (files.length) addFiles(files);
    else add([item(text.replaceAll("\r\n", "\n"))]); // as the box does
    return true;
  }

  async function addFiles(files) {
    const read = await Promise.allSettled(
      files.map(async (file) => ({ name: file.name, size: file.size, text: decoded(new Uint8Array(await file.arrayBuffer())) })),
    );
    const failed = files.filter((_, index) => read[index].status === "rejected").map(({ name }) => name);
    add(read.flatMap(({ value }) => value ?? []));
    at("unreadable").textContent = failed.length ? WORDS.unreadable(failed.join(", ")) : "";
    at("unreadable").hidden = !failed.length;
  }

  function add(/** @type {Item[]} */ more) {
    if (!more.length) return;
    items = [...items, ...more];
    showItems();
    onGiven();
  }

  function addFromBox() {
    if (box.value.trim()) {
      items = [...items, item(box.value)];
      fill("");
      showItems();
    }
    box.focus();
  }

  function edit(/** @type {Item} */ chosen) {
    items = items.filter((each) => each !== chosen);
    if (box.value.trim()) items = [...items, item(box.value)];
    fill(chosen.text);
    showItems();
    box.focus();
    onTyped();
  }

  function remove(/** @type {Item} */ gone) {
    const index = items.indexOf(gone);
    items = items.filter((each) => each !== gone);
    showItems();
    (at("items").children[Math.min(index, items.length - 1)]?.querySelector("button:last-child") ?? box).focus();
    onGiven();
  }

  function replace(text, newItems, newAnswers) {
    const own = { text: box.value, items, answers: answered() };
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
    fields().forEach((field) => (field.value = newAnswers.get(field.name) ?? ""));
    countAnswers();
    showItems();
    onReplaced();
  }

  function fill(text) {
    box.value = text;
    length = box.value.length;
  }

  function showItems() {
    at("items").replaceChildren(...items.map((each, index) => itemRow(each, each.name || WORDS.paste(index + 1))));
    at("items").hidden = !items.length;
  }

  function itemRow(/** @type {Item} */ each, title) {
    const row = element("li", "", element("b", title), " ", element("span", WORDS.size(each.size)));
    if (!each.name && each.text.length <= BOX_HOLDS) row.append(button(WORDS.edit, title, () => edit(each)));
    row.append(button(WORDS.remove, title, () => remove(each)));
    return row;
  }

  /** @param {Question[]} questions */
  function offerQuestions(questions) {
    const fieldOf = ({ key, ask, example }) => {
      const field = Object.assign(document.createElement("input"), {
        id: `answer-${key}`,
        name: key,
        autocomplete: "off",
        placeholder: WORDS.example(example),
      });
      const label = Object.assign(element("label", ask), { htmlFor: field.id });
      return [label, field];
    };
    at("answers").replaceChildren(...questions.flatMap(fieldOf));
    at("answers-panel").hidden = !questions.length;
    countAnswers();
  }

  /** @param {{title: string, pastes: Paste[]}[]} examples */
  function offerExamples(examples) {
    const offer = ({ title, pastes: given }) => {
      const text = given.length === 1 ? given[0].text : given.map((each) => `==> ${each.name} <==\n${each.text}`).join("\n");
      const chosen = element("button", title);
      chosen.type = "button";
      chosen.addEventListener("click", () => replace(text, [], new Map()));
      return element("li", "", chosen);
    };
    at("examples").replaceChildren(...examples.map(offer));
    at("examples-panel").hidden = !examples.length;
  }

  function countAnswers() {
    at("answered").textContent = WORDS.answered(answered().size);
  }
}

/** @returns {Map<string, string>} the answers that were given, by the keys of their questions */
function answered() {
  return new Map(fields().map((field) => [field.name, field.value.trim()]).filter(([, answer]) => answer));
}

const fields = () => [...at("answers").querySelectorAll("input")];

/** @returns {Item} */
const item = (text) => ({ text, name: "", size: new Blob([text]).size });

function element(tag, text = "", ...children) {
  const made = document.createElement(tag);
  made.append(text, ...children);
  return made;
}

function button(text, of, onClick) {
  const made = element("button", text);
  made.type = "button";
  made.ariaLabel = `${text} ${of}`;
  made.addEventListener("click", onClick);
  return made;
}
