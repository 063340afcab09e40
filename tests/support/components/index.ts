import * as fs from "node:fs";
import * as path from "node:path";

import type { Fixture } from "./fixture";

/** All components that are checked as their arguments are: one file each beside this one. */
export const fixtures: Fixture[] = fs
    .readdirSync(__dirname)
    .filter((file) => file.endsWith(".ts") && !["index.ts", "fixture.ts"].includes(file))
    .sort()
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- which files there are is known only now.
    .map((file) => (require(path.join(__dirname, file)) as { fixture: Fixture }).fixture);
