import * as path from "node:path";

import { packageFile } from "../package-files";

/**
 * The official image of each Python that is offered, for all processors: exact in Python and Debian, and by digest, since
 * a tag is built anew each time Debian is mended. `python.base` names a newer one.
 * Source: https://hub.docker.com/_/python, as it was in September 2026
 */
const bases: Record<string, string> = {
    "3.11": "docker.io/library/python:3.11.16-slim-bookworm@sha256:528257d48c1da0dcecc2e725d1ae34498d60c965f1241e39cd6a85a8859bdf84",
    "3.12": "docker.io/library/python:3.12.14-slim-bookworm@sha256:392307d22300de8b5986851a12d9176dfc0fc073e65bf6523ebd7dcbeb23564e",
    "3.13": "docker.io/library/python:3.13.15-slim-bookworm@sha256:ed86c82274b3c69b52fb5820f358f0bd7df0b603332063cb5c6e32bd220c3e6e",
    "3.14": "docker.io/library/python:3.14.7-slim-bookworm@sha256:82bc3c539b8813ada9d68c63b40158fa002f7f33de9bf3312a3dfdc0620dff56",
};

/** The versions of Python that are offered. */
export const pythonVersions = Object.keys(bases);

/**
 * The Dockerfile of Python programs, which comes with this package. Its path is relative to the working directory, as
 * users write theirs: an absolute one would differ, and be a change, from machine to machine.
 */
export function pythonDockerfile(): string {
    return path.relative(process.cwd(), packageFile("dockerfiles", "python.Dockerfile"));
}

/** What is said of a Python program, once it is known. */
export interface Python {
    version?: string;
    base?: string;
    requirements?: string;
    entrypoint?: string[];
}

/** The file that lists what the program depends on. */
export function requirementsOf(python: Python): string {
    return python.requirements ?? "requirements.txt";
}

/** What the Dockerfile is told. */
export function pythonBuildArgs(python: Python): Record<string, string> {
    return {
        BASE_IMAGE: python.base ?? bases[python.version ?? "3.12"]!,
        REQUIREMENTS: requirementsOf(python),
        ENTRYPOINT: JSON.stringify(python.entrypoint ?? ["python"]),
    };
}
