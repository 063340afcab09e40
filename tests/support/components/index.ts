import * as fs from "node:fs";
import * as path from "node:path";

import type { Specimen } from "./specimen";

/** All components that are checked as their arguments are: one file each beside this one. */
export const specimens: Specimen[] = fs
    .readdirSync(__dirname)
    .filter((file) => file.endsWith(".ts") && !["index.ts", "specimen.ts"].includes(file))
    .sort()
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- which files there are is known only now.
    .map((file) => (require(path.join(__dirname, file)) as { specimen: Specimen }).specimen);
