/** Directories with files, for tests that read them. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const made: string[] = [];

/** A temporary directory with these files, which is removed after the tests. */
export function directoryWith(files: Record<string, string>): string {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-unit-"));
    made.push(directory);
    for (const [name, content] of Object.entries(files)) {
        const file = path.join(directory, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, content);
    }
    return directory;
}

after(() => {
    made.forEach((directory) => fs.rmSync(directory, { recursive: true }));
});
