import * as path from "node:path";

const examples = path.join(__dirname, "..", "..", "examples");

/** Runs the program of an example anew, as Pulumi does for each operation, and gives what it exports. */
export function runExample<Exports extends object = Record<string, unknown>>(name: string): Exports {
    const file = require.resolve(path.join(examples, name));
    delete require.cache[file];
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would run it once only.
    return { ...(require(file) as Exports) };
}
