import { environmentNameProblem, matching, oneOf, secretText, text } from "../arguments/formats";
import { list, map, object, type Problems, required, rule, type RulesOf } from "../arguments/rules";
import type { ImageArgs, PythonArgs, RegistryArgs } from "./args";
import { type BuildSource, missingPart } from "./build";
import { pythonVersions } from "./python";

const plainText = rule((value) => (typeof value === "string" ? undefined : "it must be a text"), {
    notSecret: "build arguments can be read from the image: leave it out, or mount it while building",
});

export const fields = {
    repository: required(
        matching(
            // Docker takes a first part without a dot or a port for a user of Docker Hub, unless it is localhost.
            /^(?=localhost\/|[^/]*[.:])[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
            'it must begin with the registry and have no tag, for example "ghcr.io/acme/fraud" or "docker.io/acme/fraud"',
        ),
        'say where it is pushed to, for example "ghcr.io/acme/fraud"',
    ),
    context: required(text, 'name the directory to build from, for example "./fraud"'),
    dockerfile: text,
    python: object<PythonArgs>({
        version: oneOf(pythonVersions),
        base: text,
        requirements: text,
        entrypoint: list(required(text, "leave the entry out or give a word")),
    }),
    buildArgs: map(environmentNameProblem, plainText),
    target: text,
    platform: matching(
        /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/,
        'it must be system and processor, such as "linux/arm64"',
    ),
    network: text,
    registry: object<RegistryArgs>({
        server: text,
        username: required(text, "give the user's name or leave registry out"),
        password: required(secretText, "give the password or leave registry out"),
    }),
} satisfies RulesOf<ImageArgs>;

export function checkAcross(args: ImageArgs, problems: Problems): void {
    const { context, dockerfile, python } = args;
    if (python !== undefined && dockerfile !== undefined) {
        problems.add("dockerfile", "is given besides python, which brings its own; leave one of them out");
    }
    if (python?.version !== undefined && python.base !== undefined) {
        problems.add("python.version", "is given besides python.base, which has its own; leave one of them out");
    }
    const known = [dockerfile, python?.requirements].every((one) => one === undefined || isText(one));
    if (known && isText(context)) {
        const missing = missingPart(args as BuildSource);
        if (missing) {
            problems.add(missing.field, missing.problem);
        }
    }
}

function isText(value: unknown): boolean {
    return typeof value === "string" && value !== "";
}
