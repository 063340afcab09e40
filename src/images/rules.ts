import {
    buildNetwork,
    environmentNameProblem,
    imageRef,
    matching,
    nonEmptyString,
    oneOf,
    secretString,
} from "../arguments/formats";
import { eventual, list, map, object, type Problems, required, rule, type RulesOf } from "../arguments/rules";
import type { ImageArgs, PythonArgs, RegistryArgs } from "./args";
import { type BuildSource, findMissingFile } from "./build";
import { pythonVersions } from "./python";

const buildArg = rule((value) => (typeof value === "string" ? undefined : "it must be a string"), {
    notSecret: "build arguments can be read from the image: use secrets, which RUN instructions can mount",
});

/**
 * A package that is installed with apt-get. A minus sign at the end of its name would remove it instead.
 * Source: https://www.debian.org/doc/debian-policy/ch-controlfields.html#source
 */
const systemPackage = matching(
    /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9.+:~-]+)?$/,
    'it must be the name of a Debian package, with or without a version, such as "libgomp1" or "libgomp1=12.2.0-14"',
);
function secretKeyProblem(key: string): string | undefined {
    return /^[\w.-]+$/.test(key)
        ? undefined
        : "cannot be the id of a secret mount; use letters, digits, underscores, dots and hyphens";
}

/** The arguments of a build, which a copy does not have. */
const ofBuilds = [
    "context",
    "dockerfile",
    "python",
    "buildArgs",
    "secrets",
    "target",
    "platforms",
    "cache",
    "network",
] as const;

export const fields = {
    repository: required(
        matching(
            // Docker treats a first component without a dot or a port as a user of Docker Hub, unless it is localhost.
            /^(?=localhost\/|[^/]*[.:])[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
            'it must start with the registry and have no tag, for example "ghcr.io/acme/fraud" or "docker.io/acme/fraud"',
        ),
        'set the repository to push to, for example "ghcr.io/acme/fraud"',
    ),
    context: nonEmptyString,
    dockerfile: nonEmptyString,
    python: object<PythonArgs>({
        version: oneOf(pythonVersions),
        baseImage: nonEmptyString,
        systemPackages: list(required(systemPackage, "remove the entry or set it to a string")),
        requirements: nonEmptyString,
        entrypoint: list(required(nonEmptyString, "remove the entry or set it to a string")),
    }),
    buildArgs: map(environmentNameProblem, buildArg),
    secrets: map(secretKeyProblem, secretString),
    target: nonEmptyString,
    platforms: list(
        required(
            matching(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, 'it must be <os>/<architecture>, such as "linux/arm64"'),
            "remove the entry or set it to a string",
        ),
    ),
    cache: matching(
        /^[^\s/@]+\/[^\s@]+:[\w][\w.-]*$/,
        'it must be an image reference with a tag, for example "ghcr.io/acme/fraud:cache"',
    ),
    network: buildNetwork,
    copyFrom: imageRef,
    registry: eventual(
        object<RegistryArgs>({
            server: nonEmptyString,
            username: required(nonEmptyString, "set the username, or remove registry"),
            password: required(secretString, "set the password, or remove registry"),
        }),
    ),
} satisfies RulesOf<ImageArgs>;

export function checkAcross(args: ImageArgs, problems: Problems): void {
    const { context, dockerfile, python, secrets, platforms, copyFrom } = args;
    if (copyFrom !== undefined) {
        for (const field of ofBuilds.filter((one) => args[one] !== undefined)) {
            problems.add(field, "cannot be combined with copyFrom, which copies an image as it is; remove one of them");
        }
        return;
    }
    if (context === undefined) {
        problems.add("context", 'is missing; set the directory to build from, for example "./fraud", or copyFrom');
    }
    if (platforms?.length === 0) {
        problems.add("platforms", 'is an empty list; name at least one platform, or remove it for "linux/amd64"');
    }
    if (python !== undefined && dockerfile !== undefined) {
        problems.add("dockerfile", "cannot be combined with python, which has its own Dockerfile; remove one of them");
    }
    if (python?.version !== undefined && python.baseImage !== undefined) {
        problems.add(
            "python.version",
            "cannot be combined with python.baseImage, which has its own Python; remove one of them",
        );
    }
    for (const key of Object.keys((python && secrets) ?? {})) {
        const problem = environmentNameProblem(key);
        if (problem !== undefined && secretKeyProblem(key) === undefined) {
            problems.add(`secrets.${key}`, `${problem}: with python, each secret is an environment variable`);
        }
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
