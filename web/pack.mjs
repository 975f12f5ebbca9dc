// The build's half that needs Node: `node pack.mjs bundle|library|snapshot OUT [WHEELS]`. build.py calls it.

import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { packSnapshot } from "./snapshot.js";

const HERE = import.meta.dirname;
const PYODIDE = `${HERE}/node_modules/pyodide`;
const LOCK = JSON.parse(readFileSync(`${PYODIDE}/pyodide-lock.json`, "utf8"));
const SITE = "/lib/python3.14/site-packages";
const MAX_HEAP = 31_457_280; // what Python starts with; a snapshot can't be laid over less memory than it has
// The hash seed is fixed for builds that are the same to the byte: sets have an order, and the snapshot freezes it.
const ENV = { PYTHONHASHSEED: "0" };

const steps = { bundle, library, snapshot };
const [step, out, wheels] = process.argv.slice(2);
await steps[step]().catch((error) => {
  console.error(error.message); // without the stack, whose first line may be a megabyte of minified source
  process.exit(1);
});
process.exit(0); // Pyodide leaves handles open

/** The page's two scripts. Both are classic: a module would need a MIME type, and a blob worker of one a URL. */
async function bundle() {
  const common = { bundle: true, format: "iife", minify: true, legalComments: "none", charset: "utf8" };
  const ofPage = { ...common, target: "es2022" };
  const unpack = await build({ ...ofPage, entryPoints: [`${HERE}/unpack.js`], write: false });
  const define = { UNPACK: JSON.stringify(unpack.outputFiles[0].text) };
  await build({ ...ofPage, entryPoints: [`${HERE}/app.js`], outfile: `${out}/app.js`, define });
  await build({
    ...common,
    entryPoints: [`${HERE}/worker.js`],
    outfile: `${out}/worker.js`,
    external: ["node:*", "ws"],
    target: "es2024",
    define: { "import.meta.url": '"https://engine.invalid/"', PYODIDE_INFO: JSON.stringify(LOCK.info) },
    // Pyodide refuses classic workers, which it knows by importScripts; this one brings all it needs.
    banner: { js: "self.importScripts = undefined;" },
  });
  const text = readFileSync(`${out}/worker.js`, "utf8");
  if (text.includes("import.meta")) throw new Error("the worker still asks where it was loaded from");
}

/** library.zip: the modules that the engine uses, compiled. */
async function library() {
  const installer = await python(`${PYODIDE}/python_stdlib.zip`);
  const names = readdirSync(wheels).filter((name) => name.endsWith(".whl"));
  for (const name of names) installer.FS.writeFile(`/tmp/${name}`, readFileSync(`${wheels}/${name}`));
  const micropip = names.find((name) => name.startsWith("micropip-"));
  installer.unpackArchive(installer.FS.readFile(`/tmp/${micropip}`), "wheel");
  const installing = names.filter((name) => name !== micropip).sort().map((name) => `/tmp/${name}`);
  const installed = await installer.pyimport("pack").install(installer.toPy(installing));

  const packer = await python(`${PYODIDE}/python_stdlib.zip`);
  packer.unpackArchive(installed.toJs(), "zip", { extractDir: SITE });
  const pack = packer.pyimport("pack");
  const zipped = pack.library();
  writeFileSync(`${out}/library.zip`, zipped.toJs());
  writeFileSync(`${out}/confmend.zip`, pack.confmend_only(zipped).toJs());
}

/** snapshot.bin: the memory of a Python that has imported all of library.zip. */
async function snapshot() {
  freezeTime();
  const fresh = await freshMemory();
  const pyodide = await python(`${out}/library.zip`, { _makeSnapshot: true, _sysExecutable: "/bin/python" });
  const pack = pyodide.pyimport("pack");
  pack.import_library();
  const answer = pack.self_test();
  pyodide.FS.writeFile("/lib/python314.zip", readFileSync(`${out}/confmend.zip`));
  pack.settle();
  pack.destroy();
  zeroFreeMemory(pyodide._module);
  const whole = pyodide.makeMemorySnapshot();
  const header = whole.subarray(0, whole.length - pyodide._module.HEAPU8.length);
  const used = whole.subarray(header.length);
  if (used.length > MAX_HEAP) throw new Error(`the snapshot's memory has grown to ${used.length} bytes`);
  writeFileSync(`${out}/snapshot.bin`, packSnapshot({ answer }, header, fresh, used));
}

/** A Pyodide that asks nobody for packages and can import pack.py. */
async function python(stdLibURL, options = {}) {
  const pyodide = await loadPyodide({
    indexURL: PYODIDE,
    stdLibURL,
    env: { ...ENV },
    lockFileContents: { info: LOCK.info, packages: {} },
    packageBaseUrl: "https://engine.invalid/",
    ...options,
  });
  pyodide.FS.mkdirTree("/pack");
  pyodide.FS.writeFile("/pack/pack.py", readFileSync(`${HERE}/pack.py`));
  pyodide.FS.writeFile(`${SITE}/precomputed.py`, readFileSync(`${HERE}/precomputed.py`));
  pyodide.runPython("import sys; sys.path.append('/pack'); sys.dont_write_bytecode = True");
  return pyodide;
}

/** The memory as a visitor's WebAssembly has it just before the snapshot is laid over it. */
async function freshMemory() {
  let memory;
  const stop = new Error("far enough");
  const intercept = async (settings) => {
    memory = (await createPyodideModule({ ...settings, noInitialRun: true })).HEAPU8.slice();
    throw stop;
  };
  await python(`${PYODIDE}/python_stdlib.zip`, { createPyodideModule: intercept }).catch((error) => {
    if (error !== stop) throw error;
  });
  return memory;
}

/** Two builds of the same source give the same snapshot only if the clock stands still. */
function freezeTime() {
  Date.now = () => 315_532_800_000;
  performance.now = () => 0;
}

/** What was freed still holds what it held; zeros pack to nothing. Take all that is free, the largest first. */
function zeroFreeMemory(module) {
  const { _malloc, _free, _sbrk } = module;
  const taken = [];
  for (let size = 1 << 18; size >= 16; size >>= 1) {
    for (let end = _sbrk(0); _sbrk(0) === end; ) {
      const block = _malloc(size);
      module.HEAPU8.fill(0, block, block + size); // named anew: the memory may have grown
      taken.push(block);
    }
  }
  taken.forEach((block) => _free(block));
}
