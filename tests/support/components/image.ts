import { Image } from "../../../src";
import { fullImageArgs, imageArgs, password } from "../arguments";
import { list, object, repository, type Specimen, text, variable } from "./specimen";

export const specimen: Specimen = {
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
        ["context", ["", 5], text],
        ["dockerfile", ["", 5], text],
        ["python.version", ["3", "3.9", "3.12.1", 3.12], "it must be one of 3.11, 3.12, 3.13, 3.14"],
        ["python.base", ["", 5], text],
        ["python.requirements", ["", 5], text],
        ["python.entrypoint[0]", ["", 5], text],
        ["target", ["", 5], text],
        [
            "platform",
            ["linux", "amd64", "linux/", "Linux/AMD64", 5],
            'it must be <os>/<architecture>, such as "linux/arm64"',
        ],
        ["network", ["", 5], text],
        ["registry.server", ["", 5], text],
        ["registry.username", ["", 5], text],
    ],
    cases: [
        [
            { repository: undefined },
            'repository is missing; set the repository to push to, for example "ghcr.io/acme/fraud"',
        ],
        [{ context: undefined }, 'context is missing; set the directory to build from, for example "./fraud"'],
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
            `registry.password is a secret, whose value is not shown; ${text}`,
        ],
    ],
    secrets: [
        [
            "buildArgs.TOKEN",
            "build arguments can be read from the image: remove it, or use a secret mount in the Dockerfile",
        ],
    ],
    missing: [["repository", 'set the repository to push to, for example "ghcr.io/acme/fraud"']],
    misspelt: [
        ["repo", "repository, context, dockerfile, python, buildArgs, target, platform, network, registry"],
        ["python.requirement", "version, base, requirements, entrypoint"],
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
        ["platform", ["linux/amd64", "linux/arm/v7"]],
        ["buildArgs.EMPTY", [""]],
    ],
};
