import * as path from "node:path";

import { packageFile } from "../package-files";

/**
 * The official image of each Python that is offered: exact in Python and Debian.
 * Source: https://hub.docker.com/_/python
 */
const bases: Record<string, string> = {
    "3.11": "docker.io/library/python:3.11.14-slim-bookworm",
    "3.12": "docker.io/library/python:3.12.12-slim-bookworm",
    "3.13": "docker.io/library/python:3.13.9-slim-bookworm",
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
