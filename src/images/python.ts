import * as path from "node:path";

import { shellQuote } from "../arguments/shell";
import { packageFile } from "../package-files";
import { type Dependencies, findDependencies, type Installer } from "./python-dependencies";

/**
 * The official image of each supported Python version, for all architectures. By digest, because a tag is rebuilt whenever
 * Debian is patched. Use `python.baseImage` for a newer image.
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

const dockerfiles: Record<Installer, string> = {
    pip: "python.Dockerfile",
    uv: "python-uv.Dockerfile",
    poetry: "python-poetry.Dockerfile",
};

/** The known values of `python`. */
export interface Python {
    version?: string;
    baseImage?: string;
    systemPackages?: string[];
    requirements?: string;
    entrypoint?: string[];
}

/**
 * Returns the path of the Dockerfile for a Python program, which is part of this package. It is relative to the working
 * directory, because an absolute path would differ between machines and show a diff.
 */
export function pythonDockerfile(context: string, python: Python): string {
    const { installer } = dependenciesOf(context, python);
    return path.relative(process.cwd(), packageFile("dockerfiles", dockerfiles[installer]));
}

/** Returns the build arguments of the Dockerfile for a Python program. */
export function pythonBuildArgs(context: string, python: Python): Record<string, string> {
    const { installer, file } = dependenciesOf(context, python);
    // In another order they are the same packages, and no reason to build the image again.
    const systemPackages = [...new Set(python.systemPackages)].sort();
    return {
        BASE_IMAGE: python.baseImage ?? baseImages[python.version ?? "3.12"]!,
        ...(systemPackages.length > 0 && { SYSTEM_PACKAGES: systemPackages.join(" ") }),
        ...(installer === "pip" && { REQUIREMENTS: file }),
        ENTRYPOINT: JSON.stringify(python.entrypoint ?? ["python"]),
    };
}

/**
 * Returns the secret that the Dockerfiles mount: a shell script that sets all secrets of the user as environment variables.
 * It is a single one, because a Dockerfile has to list its mounts, and these are the same for all programs.
 */
export function pythonSecrets(secrets: Record<string, string>): Record<string, string> {
    const lines = Object.entries(secrets).map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
    return { environment: lines.join("") };
}

function dependenciesOf(context: string, python: Python): Dependencies {
    return findDependencies(context, python.requirements) ?? { installer: "pip", file: "requirements.txt" };
}
