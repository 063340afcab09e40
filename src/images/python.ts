import * as path from "node:path";

import { packageFile } from "../package-files";

/**
 * The official image of each supported Python version, for all architectures. By digest, because a tag is rebuilt whenever
 * Debian is patched. Use `python.base` for a newer image.
 * Source: https://hub.docker.com/_/python, in September 2026
 */
const baseImages: Record<string, string> = {
    "3.11": "docker.io/library/python:3.11.16-slim-bookworm@sha256:528257d48c1da0dcecc2e725d1ae34498d60c965f1241e39cd6a85a8859bdf84",
    "3.12": "docker.io/library/python:3.12.14-slim-bookworm@sha256:392307d22300de8b5986851a12d9176dfc0fc073e65bf6523ebd7dcbeb23564e",
    "3.13": "docker.io/library/python:3.13.15-slim-bookworm@sha256:ed86c82274b3c69b52fb5820f358f0bd7df0b603332063cb5c6e32bd220c3e6e",
    "3.14": "docker.io/library/python:3.14.7-slim-bookworm@sha256:82bc3c539b8813ada9d68c63b40158fa002f7f33de9bf3312a3dfdc0620dff56",
};

/** The supported versions of Python. */
export const pythonVersions = Object.keys(baseImages);

/**
 * Returns the path of the Dockerfile for Python programs, which is part of this package. It is relative to the working
 * directory, because an absolute path would differ between machines and show a diff.
 */
export function pythonDockerfile(): string {
    return path.relative(process.cwd(), packageFile("dockerfiles", "python.Dockerfile"));
}

/** The known values of `python`. */
export interface Python {
    version?: string;
    base?: string;
    requirements?: string;
    entrypoint?: string[];
}

/** Returns the path of the requirements file, relative to the context. */
export function requirementsFile(python: Python): string {
    return python.requirements ?? "requirements.txt";
}

/** Returns the build arguments of the Dockerfile for Python programs. */
export function pythonBuildArgs(python: Python): Record<string, string> {
    return {
        BASE_IMAGE: python.base ?? baseImages[python.version ?? "3.12"]!,
        REQUIREMENTS: requirementsFile(python),
        ENTRYPOINT: JSON.stringify(python.entrypoint ?? ["python"]),
    };
}
