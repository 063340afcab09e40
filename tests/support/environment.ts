import * as fs from "node:fs";

import type { Environment } from "../../local/environment";
import { stateDir } from "../../local/paths";

/** What `npm run local -- up` has brought up, which the runner of the tests does before. */
export function savedEnvironment(): Environment {
    const file = stateDir("environment.json");
    if (!fs.existsSync(file)) {
        throw new Error("no environment is up; run: npm run local -- up --node");
    }
    return JSON.parse(fs.readFileSync(file, "utf8")) as Environment;
}
