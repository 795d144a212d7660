// Pyodide in Node, used as `python` is: node tests/pyodide/python.mjs -m MODULE …, -c CODE … or FILE …
//
// It sees the working folder, the folders of PYTHONPATH and the one for temporary files, and nothing else of the machine.

import { tmpdir } from "node:os";
import { delimiter } from "node:path";
import { loadPyodide } from "pyodide";

const PROGRAM = `
import importlib, runpy, sys, traceback

def run(how, *words):
    try:
        if how == "-m":
            sys.argv = list(words)
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        elif how == "-c":
            sys.argv = ["-c", *words[1:]]
            exec(compile(words[0], "<string>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = [how, *words]
            runpy.run_path(how, run_name="__main__")
    except SystemExit as end:
        if not isinstance(end.code, (int, type(None))):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0

run
`;

const seen = (process.env.PYTHONPATH ?? "").split(delimiter).filter(Boolean);
const variables = { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" };
const python = await loadPyodide({ env: variables });
for (const folder of new Set([process.cwd(), tmpdir(), ...seen])) {
  python.FS.mkdirTree(folder);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, folder);
}
python.FS.chdir(process.cwd());
python.globals.set("folders", python.toPy([process.cwd(), ...seen]));
python.runPython("import sys; sys.path[:0] = folders");
process.exitCode = python.runPython(PROGRAM)(...process.argv.slice(2));
