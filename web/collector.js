// The command that collects on a server what confmend can use: shown for three systems, to copy or to download.

const MARK = "CONFMEND_COLLECT";

const at = (id) => document.getElementById(id);

/**
 * @param {{name: string, title: string, text: string}[]} collectors
 * @param {{copy: (text: string) => Promise<void>, save: (file: {name: string, text: string}) => void, tick: (pressed: HTMLElement) => void, onProblem: (message: string) => void}} tools
 */
export function offerCollectors(collectors, { copy, save, tick, onProblem }) {
  let [shown] = collectors;
  const show = (chosen) => {
    shown = chosen;
    at("collector").textContent = command(shown);
    for (const pressed of at("systems").children) pressed.ariaPressed = String(pressed.textContent === shown.title);
    at("by-file").textContent = shown.name.endsWith(".sh") ? `ssh HOST sh < ${shown.name} > host.txt` : `powershell -File ${shown.name} > host.txt`;
  };
  at("systems").replaceChildren(
    ...collectors.map((each) => {
      const made = Object.assign(document.createElement("button"), { type: "button", textContent: each.title });
      made.addEventListener("click", () => show(each));
      return made;
    }),
  );
  at("copy-collector").onclick = ({ target }) => copy(command(shown)).then(() => tick(target), (error) => onProblem(error.message));
  at("save-collector").onclick = () => save(shown);
  at("collector-tools").hidden = false;
  show(shown);
  return () => command(collectors[0]);
}

/** A script as something to paste into whatever shell is there: zsh and fish do not read all that sh does. */
function command({ name, text }) {
  return name.endsWith(".sh") ? `sh <<'${MARK}'\n${text}${MARK}\n` : text;
}
