import { environmentNameProblem, matching, nonEmptyString, oneOf, secretString } from "../arguments/formats";
import { list, map, object, type Problems, required, rule, type RulesOf } from "../arguments/rules";
import type { ImageArgs, PythonArgs, RegistryArgs } from "./args";
import { type BuildSource, findMissingFile } from "./build";
import { pythonVersions } from "./python";

const buildArg = rule((value) => (typeof value === "string" ? undefined : "it must be a string"), {
    notSecret: "build arguments can be read from the image: remove it, or use a secret mount in the Dockerfile",
});

/**
 * A package that is installed with apt-get. A minus sign at the end of its name would remove it instead.
 * Source: https://www.debian.org/doc/debian-policy/ch-controlfields.html#source
 */
const systemPackage = matching(
    /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9.+:~-]+)?$/,
    'it must be the name of a Debian package, with or without a version, such as "libgomp1" or "libgomp1=12.2.0-14"',
);

export const fields = {
    repository: required(
        matching(
            // Docker treats a first component without a dot or a port as a user of Docker Hub, unless it is localhost.
            /^(?=localhost\/|[^/]*[.:])[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
            'it must start with the registry and have no tag, for example "ghcr.io/acme/fraud" or "docker.io/acme/fraud"',
        ),
        'set the repository to push to, for example "ghcr.io/acme/fraud"',
    ),
    context: required(nonEmptyString, 'set the directory to build from, for example "./fraud"'),
    dockerfile: nonEmptyString,
    python: object<PythonArgs>({
        version: oneOf(pythonVersions),
        baseImage: nonEmptyString,
        systemPackages: list(required(systemPackage, "remove the entry or set it to a string")),
        requirements: nonEmptyString,
        entrypoint: list(required(nonEmptyString, "remove the entry or set it to a string")),
    }),
    buildArgs: map(environmentNameProblem, buildArg),
    target: nonEmptyString,
    platform: matching(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, 'it must be <os>/<architecture>, such as "linux/arm64"'),
    network: nonEmptyString,
    registry: object<RegistryArgs>({
        server: nonEmptyString,
        username: required(nonEmptyString, "set the username, or remove registry"),
        password: required(secretString, "set the password, or remove registry"),
    }),
} satisfies RulesOf<ImageArgs>;

export function checkAcross(args: ImageArgs, problems: Problems): void {
    const { context, dockerfile, python } = args;
    if (python !== undefined && dockerfile !== undefined) {
        problems.add("dockerfile", "cannot be combined with python, which has its own Dockerfile; remove one of them");
    }
    if (python?.version !== undefined && python.baseImage !== undefined) {
        problems.add(
            "python.version",
            "cannot be combined with python.baseImage, which has its own Python; remove one of them",
        );
    }
    const known = [dockerfile, python?.requirements].every((one) => one === undefined || isNonEmptyString(one));
    if (known && isNonEmptyString(context)) {
        const missing = findMissingFile(args as BuildSource);
        if (missing) {
            problems.add(missing.field, missing.problem);
        }
    }
}

function isNonEmptyString(value: unknown): boolean {
    return typeof value === "string" && value !== "";
}
