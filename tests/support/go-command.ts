import * as fs from "node:fs";
import * as path from "node:path";

import { build } from "../../local/offline/go-build";
import { requiredVersion } from "../../local/offline/go-mod";
import { STRIPPED } from "../../local/offline/go-tools";
import { progressOnce } from "./progress";

/** The path of a command for tests, `cmd/<name>` of a Go module that the go.mod in a directory requires; built once. */
export function goCommand(name: string, directory: string, module: string): Promise<string> {
    const version = requiredVersion(fs.readFileSync(path.join(directory, "go.mod"), "utf8"), module);
    return build(
        { name, version, module: directory, package: `${module}/cmd/${name}`, ldflags: STRIPPED },
        progressOnce(),
    );
}
