// The worked examples of the known errors, by family; the reader finds one by its words.

import { element } from "./cards.js";

const at = (id) => document.getElementById(id);

/**
 * @param {{family: string, examples: {slug: string, title: string}[]}[]} families
 * @param {(slug: string) => void} onChosen
 */
export function offerExamples(families, onChosen) {
  const groups = families.map(({ family, examples }) => {
    const rows = examples.map(({ slug, title }) => {
      const chosen = element("button", "", title);
      chosen.type = "button";
      chosen.addEventListener("click", () => onChosen(slug));
      return element("li", "", chosen);
    });
    const list = element("ul", "");
    list.append(...rows);
    const group = element("li", "");
    group.append(element("h4", "", family), list);
    return { group, rows };
  });
  at("examples").replaceChildren(...groups.map(({ group }) => group));
  at("examples-panel").hidden = !groups.length;
  at("find-example").addEventListener("input", ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/);
    for (const { group, rows } of groups) {
      for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      group.hidden = rows.every((row) => row.hidden);
    }
  });
}
