import type { CheckFailure } from "./check";
import { plain, type Properties, UNKNOWN } from "./values";

/**
 * The supported properties of the provider's configuration, each with the environment variable that sets it for docker.
 */
const VARIABLES: Record<string, string> = {
    certPath: "DOCKER_CERT_PATH",
    context: "DOCKER_CONTEXT",
    host: "DOCKER_HOST",
};

/** What the engine adds to a configuration, and what only matters for resources other than images. */
const IRRELEVANT = ["version", "pluginDownloadURL", "__internal", "disableDockerDaemonCheck"];

/** Returns the settings that have no effect here. */
export function checkConfiguration(configuration: Properties): CheckFailure[] {
    return Object.keys(plain(configuration) as Properties)
        .filter((name) => !(name in VARIABLES) && !IRRELEVANT.includes(name))
        .map((property) => ({
            property,
            reason:
                `is not supported by this stand-in for the docker provider, only ${Object.keys(VARIABLES).join(", ")}; ` +
                "install the official plugin with `pulumi plugin install resource docker`",
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
    // Certificates have no effect unless docker verifies them.
    return env.DOCKER_CERT_PATH ? { ...env, DOCKER_TLS_VERIFY: "1" } : env;
}
