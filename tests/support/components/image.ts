import { Image } from "../../../src";
import { fullImageArgs, imageArgs, password } from "../arguments";
import { digestRef, type Fixture, list, nonEmptyString, object, repository, variable } from "./fixture";

export const fixture: Fixture = {
    component: Image,
    valid: () => ({ ...imageArgs(), registry: { username: "ci", password } }),
    full: fullImageArgs,
    children: 1,
    scalars: [
        [
            "repository",
            [
                "",
                "fraud",
                "acme/fraud",
                "ghcr.io",
                "ghcr.io/acme/fraud:1",
                "ghcr.io/Acme/fraud",
                "https://ghcr.io/a",
                5,
            ],
            repository,
        ],
        ["context", ["", 5], nonEmptyString],
        ["dockerfile", ["", 5], nonEmptyString],
        ["python.version", ["3", "3.9", "3.12.1", 3.12], "it must be one of 3.11, 3.12, 3.13, 3.14"],
        ["python.baseImage", ["", 5], nonEmptyString],
        [
            "python.systemPackages[0]",
            ["", "libgomp1 git", "git-", "-y", "git;id", "LibGomp", 5],
            'it must be the name of a Debian package, with or without a version, such as "libgomp1" or "libgomp1=12.2.0-14"',
        ],
        ["python.requirements", ["", 5], nonEmptyString],
        ["python.entrypoint[0]", ["", 5], nonEmptyString],
        ["target", ["", 5], nonEmptyString],
        [
            "platforms[0]",
            ["linux", "amd64", "linux/", "Linux/AMD64", 5],
            'it must be <os>/<architecture>, such as "linux/arm64"',
        ],
        [
            "cache",
            ["", "cache", "ghcr.io/acme/fraud", "ghcr.io/acme/fraud@sha256:aa", 5],
            'it must be an image reference with a tag, for example "ghcr.io/acme/fraud:cache"',
        ],
        ["network", ["", "bridge", 5], "it must be one of default, host, none"],
        ["registry.server", ["", 5], nonEmptyString],
        ["registry.username", ["", 5], nonEmptyString],
    ],
    cases: [
        [
            { repository: undefined },
            'repository is missing; set the repository to push to, for example "ghcr.io/acme/fraud"',
        ],
        [
            { context: undefined },
            'context is missing; set the directory to build from, for example "./fraud", or copyFrom',
        ],
        [{ copyFrom: "ghcr.io/acme/fraud:1", context: undefined }, `copyFrom is "ghcr.io/acme/fraud:1"; ${digestRef}`],
        [
            { copyFrom: `ghcr.io/acme/fraud@sha256:${"a".repeat(64)}`, python: {}, platforms: [] },
            ...["context", "python", "platforms"].map(
                (field) =>
                    `${field} cannot be combined with copyFrom, which copies an image as it is; remove one of them`,
            ),
        ],
        [{ platforms: [] }, 'platforms is an empty list; name at least one platform, or remove it for "linux/amd64"'],
        [{ platforms: "linux/amd64" }, `platforms is "linux/amd64"; ${list}`],
        [
            { secrets: { "a b": password } },
            "secrets.a b cannot be the id of a secret mount; use letters, digits, underscores, dots and hyphens",
        ],
        [
            { python: {}, secrets: { "index-token": password, INDEX: password } },
            `secrets.index-token ${variable}: with python, each secret is an environment variable`,
        ],
        [{ secrets: { token: 5 } }, `secrets.token is a secret, whose value is not shown; ${nonEmptyString}`],
        [{ context: "/nowhere" }, 'context is "/nowhere"; it must be an existing directory'],
        [{ context: __filename }, `context is "${__filename}"; it must be an existing directory`],
        [
            { dockerfile: "No.Dockerfile" },
            'dockerfile is "No.Dockerfile"; it must be an existing file: create it, or set python to build a Python program',
        ],
        [
            { dockerfile: "Dockerfile", python: {} },
            "dockerfile cannot be combined with python, which has its own Dockerfile; remove one of them",
        ],
        [{ python: "3.12" }, `python ${object}`],
        [{ python: { systemPackages: "git" } }, `python.systemPackages is "git"; ${list}`],
        [{ python: { entrypoint: "app.py" } }, `python.entrypoint is "app.py"; ${list}`],
        [{ buildArgs: ["A=1"] }, "buildArgs must be an object (its values may be Outputs)"],
        [{ buildArgs: { A: 1 } }, "buildArgs.A is 1; it must be a string"],
        [{ buildArgs: { "A B": "1" } }, `buildArgs.A B ${variable}`],
        [{ registry: "ci:hunter2" }, `registry ${object}`],
        [
            { registry: {} },
            "registry.username is missing; set the username, or remove registry",
            "registry.password is missing; set the password, or remove registry",
        ],
        [
            { registry: { username: "ci", password: 12345 } },
            `registry.password is a secret, whose value is not shown; ${nonEmptyString}`,
        ],
    ],
    secrets: [
        [
            "buildArgs.TOKEN",
            "build arguments can be read from the image: use secrets, which RUN instructions can mount",
        ],
    ],
    missing: [["repository", 'set the repository to push to, for example "ghcr.io/acme/fraud"']],
    misspelt: [
        [
            "repo",
            "repository, context, dockerfile, python, buildArgs, secrets, target, platforms, cache, network, copyFrom, registry",
        ],
        ["python.requirement", "version, baseImage, systemPackages, requirements, entrypoint"],
        ["registry.user", "server, username, password"],
    ],
    allowed: [
        [
            "repository",
            [
                "localhost/fraud",
                "localhost:5001/fraud",
                "registry:5000/a",
                "ghcr.io/a/b-c/d_e",
                "docker.io/library/python",
            ],
        ],
        [
            "python.systemPackages[0]",
            ["g++", "libstdc++6", "python3.11", "libgomp1=12.2.0-14+deb12u1", "git=1:2.39.5-0"],
        ],
        ["platforms[0]", ["linux/amd64", "linux/arm/v7"]],
        ["cache", ["localhost:5001/fraud:cache", "ghcr.io/acme/cache/fraud:main"]],
        ["network", ["default", "host", "none"]],
        ["buildArgs.EMPTY", [""]],
    ],
};
