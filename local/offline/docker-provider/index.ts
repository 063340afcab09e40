import { sdkVersion } from "./version";

/** The directory with the executable that stands in where the official docker plugin cannot be had. */
export const standInDirectory = __dirname;

/** The version that the official plugin must have, which the stand-in tells as its own. */
export const dockerPluginVersion = sdkVersion;
