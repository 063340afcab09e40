import * as path from "node:path";

import { isFile } from "./files";

/** The tools that install the dependencies of a Python program. */
export type Installer = "pip" | "uv" | "poetry";

/** What the dependencies of a Python program are installed from. */
export interface Dependencies {
    installer: Installer;
    /** The requirements file or the lock, relative to the context. */
    file: string;
}

/** The files that are looked for, in this order. */
const known: Dependencies[] = [
    { installer: "uv", file: "uv.lock" },
    { installer: "poetry", file: "poetry.lock" },
    { installer: "pip", file: "requirements.txt" },
];

const useDockerfile = "install it in a Dockerfile of your own, and remove python";

/** Files of other tools, and what to do with them: an error that names the file says more than one that does not. */
const others: [file: string, fix: string][] = [
    ["pdm.lock", 'export it with "pdm export --prod --output requirements.txt"'],
    ["Pipfile.lock", 'export it with "pipenv requirements > requirements.txt"'],
    ["conda-lock.yml", useDockerfile],
    ["environment.yml", useDockerfile],
    ["environment.yaml", useDockerfile],
];

/** Returns what the dependencies of a program are installed from. A requirements file that is given takes precedence. */
export function findDependencies(context: string, requirements: string | undefined): Dependencies | undefined {
    return requirements === undefined
        ? known.find(({ file }) => isFile(path.join(context, file)))
        : { installer: "pip", file: requirements };
}

/** Returns the argument with which the dependencies cannot be installed, if there is one, and what is wrong with it. */
export function findDependencyProblem(
    context: string,
    requirements: string | undefined,
): { field: string; problem: string } | undefined {
    if (requirements !== undefined) {
        const problem = `is "${requirements}"; it must be an existing file in "${context}" (it may be empty)`;
        return isFile(path.join(context, requirements)) ? undefined : { field: "python.requirements", problem };
    }
    const problem = findContextProblem((file) => isFile(path.join(context, file)));
    return problem === undefined ? undefined : { field: "context", problem: `is "${context}"; ${problem}` };
}

function findContextProblem(has: (file: string) => boolean): string | undefined {
    const [used, second] = known.filter(({ file }) => has(file));
    if (used?.installer === "pip") {
        return undefined;
    }
    if (used !== undefined) {
        if (second !== undefined && second.installer !== "pip") {
            return `it has both ${used.file} and ${second.file}, and must have one of them; remove the other`;
        }
        return has("pyproject.toml")
            ? undefined
            : `it has ${used.file}, and must have the pyproject.toml that was locked; add it`;
    }
    const other = others.find(([file]) => has(file));
    if (other !== undefined) {
        return `it has ${other[0]}, which python does not install; ${other[1]}`;
    }
    return has("pyproject.toml")
        ? "it must have a lock beside pyproject.toml, so that every build installs the same versions; " +
              'create it with "uv lock" or "poetry lock"'
        : "for python it must have uv.lock, poetry.lock or requirements.txt (which may be empty); add one of them";
}
