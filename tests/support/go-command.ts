import * as fs from "node:fs";
import * as path from "node:path";

import { sourceDir } from "../../local/paths";
import { build } from "../../local/toolchain/build";
import { STRIPPED } from "../../local/toolchain/tools";
import { requiredVersion } from "../../local/toolchain/versions";
import { progressOnce } from "./progress";

/** The path of a command that tests need, `cmd/<name>` of a Go module that local/go/<directory> requires; built once. */
export function goCommand(name: string, directory: string, module: string): Promise<string> {
    const required = sourceDir("local", "go", directory);
    const version = requiredVersion(fs.readFileSync(path.join(required, "go.mod"), "utf8"), module);
    return build(
        { name, version, module: required, package: `${module}/cmd/${name}`, ldflags: STRIPPED },
        progressOnce(),
    );
}
