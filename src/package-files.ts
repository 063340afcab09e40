import * as path from "node:path";

/**
 * The absolute path of a file that comes with this package. This module stands one level below the package's directory
 * wherever it runs: in `src`, and in the one file that `dist` is bundled into.
 */
export const packageFile = (...parts: string[]): string => path.join(__dirname, "..", ...parts);
