import { sdkVersion } from "./version";

/** The directory of the executable that stands in where the official docker-build plugin is not available. */
export const standInDirectory = __dirname;

/** The version of the official plugin, which the stand-in reports as its own. */
export const dockerBuildPluginVersion = sdkVersion;
