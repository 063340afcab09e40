import * as path from "node:path";

/**
 * Returns the absolute path of a file of this package. This module is always one level below the package's directory: in
 * `src`, and in the bundle in `dist`.
 */
export const packageFile = (...parts: string[]): string => path.join(__dirname, "..", ...parts);
