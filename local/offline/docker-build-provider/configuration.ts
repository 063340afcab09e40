import type { CheckFailure } from "./check";
import { plain, type Properties, UNKNOWN } from "./values";

/**
 * The supported properties of the provider's configuration, each with the environment variable that sets it for docker.
 */
const VARIABLES: Record<string, string> = {
    host: "DOCKER_HOST",
};

/** What the engine adds to a configuration. */
const IRRELEVANT = ["version", "pluginDownloadURL", "__internal"];

/** Returns the settings that have no effect here. */
export function checkConfiguration(configuration: Properties): CheckFailure[] {
    return Object.keys(plain(configuration) as Properties)
        .filter((name) => !(name in VARIABLES) && !IRRELEVANT.includes(name))
        .map((property) => ({
            property,
            reason:
                `is not supported by this stand-in for the docker-build provider, only ${Object.keys(VARIABLES).join(", ")}; ` +
                "install the official plugin with `pulumi plugin install resource docker-build`",
        }));
}

/** The environment variables that the configuration sets for docker. */
export function configurationEnv(configuration: Properties): Record<string, string> {
    const env: Record<string, string> = {};
    for (const [name, value] of Object.entries(plain(configuration) as Properties)) {
        const variable = VARIABLES[name];
        if (variable && typeof value === "string" && value !== "" && value !== UNKNOWN) {
            env[variable] = value;
        }
    }
    return env;
}
