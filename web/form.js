// The form of what the engine can't see: answers, and beside each field what the pastes say already.

const WORDS = {
  example: (text) => `for example ${text}`,
  answered: (count) => (count ? `${count} answered` : "memory, CPUs, versions …"),
  yours: "your answer counts",
};

const at = (id) => document.getElementById(id);
const fields = () => [...at("answers").querySelectorAll("input")];

/**
 * @typedef {{key: string, ask: string, example: string, choices: string[]}} Question
 * @typedef {{key: string, value: string, source: string}} Known
 */

/** @param {() => void} onChange */
export function answersForm(onChange) {
  at("answers").addEventListener("change", () => {
    count();
    onChange();
  });
  return { offer, answered, set, show };

  function offer(/** @type {Question[]} */ questions) {
    at("answers").replaceChildren(...questions.flatMap(fieldOf));
    at("answers-panel").hidden = !questions.length;
    count();
  }

  function set(/** @type {Map<string, string>} */ answers) {
    fields().forEach((field) => (field.value = answers.get(field.name) ?? ""));
    count();
  }
}

/** @returns {Map<string, string>} the answers that were given, by the keys of their questions */
function answered() {
  return new Map(fields().map((field) => [field.name, field.value.trim()]).filter(([, answer]) => answer));
}

/** Fill in what the pastes say. What the reader typed stays, and counts. */
function show(/** @type {Known[]} */ known) {
  const found = new Map(known.map((each) => [each.key, each]));
  for (const field of fields()) {
    const { value, source } = found.get(field.name) ?? {};
    field.placeholder = value ?? field.dataset.example;
    field.classList.toggle("known", value !== undefined);
    at(`${field.id}-source`).textContent = source ?? (field.value && WORDS.yours);
    at(`${field.id}-source`).hidden = !at(`${field.id}-source`).textContent;
  }
}

function count() {
  at("answered").textContent = WORDS.answered(answered().size);
}

function fieldOf(/** @type {Question} */ { key, ask, example, choices }) {
  const id = `answer-${key}`;
  const field = Object.assign(document.createElement("input"), { id, name: key, autocomplete: "off" });
  field.dataset.example = WORDS.example(example);
  field.placeholder = field.dataset.example;
  field.setAttribute("aria-describedby", `${id}-source`);
  const label = Object.assign(document.createElement("label"), { htmlFor: id, textContent: ask });
  const source = Object.assign(document.createElement("small"), { id: `${id}-source`, className: "source", hidden: true });
  if (!choices.length) return [label, field, source];
  const offered = Object.assign(document.createElement("datalist"), { id: `${id}-choices` });
  offered.append(...choices.map((each) => new Option(each)));
  field.setAttribute("list", offered.id);
  return [label, field, source, offered];
}
