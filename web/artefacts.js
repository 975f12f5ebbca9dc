// What there is to deploy: copied as it may be shared, downloaded with the values of the owner's own files.

/**
 * @param {{artefact: string, as: "copy" | "file" | "zip"}} wanted `artefact`: its name, empty for all
 * @param {(name: string, args: object) => Promise<any>} call of the engine, about what is shown
 * @param {{copy: (text: string) => Promise<void>, save: (file: {name: string, text?: string, bytes?: Uint8Array}) => void}} out
 */
export async function handOut({ artefact, as }, call, { copy, save }) {
  if (as === "copy") await copy((await call("artefact", { name: artefact, redacted: true })).files[0].text);
  else if (as === "file") save((await call("artefact", { name: artefact })).files[0]);
  else {
    const { name, base64 } = await call("archive", { name: artefact });
    save({ name, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) });
  }
}
