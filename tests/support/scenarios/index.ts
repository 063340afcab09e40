import * as fs from "node:fs";
import * as path from "node:path";

import type { Scenario } from "./scenario";

/** The scenarios of all files beside this one. */
export const scenarios: Scenario[] = fs
    .readdirSync(__dirname)
    .filter((file) => file.endsWith(".ts") && !["index.ts", "scenario.ts"].includes(file))
    .sort()
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- which files there are is known only now.
    .flatMap((file) => (require(path.join(__dirname, file)) as { scenarios: Scenario[] }).scenarios);
