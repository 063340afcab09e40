import * as fs from "node:fs";
import * as path from "node:path";

import { hashOf } from "../arguments/hash";
import { contextHash } from "./context";
import { type Python, pythonBuildArgs, pythonDockerfile, requirementsOf } from "./python";

/** What is built, once it is known. */
export interface Build {
    context: string;
    dockerfile: string;
    args: Record<string, string>;
    target?: string;
    platform: string;
    network?: string;
}

/** The arguments of an Image that say what is built, once they are known. */
export interface BuildSource {
    context: string;
    dockerfile?: string;
    python?: Python;
    buildArgs?: Record<string, string>;
    target?: string;
    platform?: string;
    network?: string;
}

/** The build that the arguments stand for. */
export function buildOf(source: BuildSource): Build {
    const { context, python } = source;
    return {
        context,
        dockerfile: python ? pythonDockerfile() : (source.dockerfile ?? path.join(context, "Dockerfile")),
        args: { ...(python && pythonBuildArgs(python)), ...source.buildArgs },
        target: source.target,
        platform: source.platform ?? "linux/amd64",
        network: source.network,
    };
}

/** The tag of a build: the same for the same content, another for another. */
export function tagOf(build: Build): string {
    const { context, dockerfile, args, target, platform } = build;
    return hashOf({ files: contextHash(context, dockerfile), args, target, platform }, 12);
}

/** Which file or directory that the build needs is not there: the argument's name and what is wrong with it. */
export function missingPart(source: BuildSource): { field: string; problem: string } | undefined {
    const { context, python } = source;
    if (!isA(context, "isDirectory")) {
        return { field: "context", problem: `is "${context}"; it must be a directory that exists` };
    }
    if (python) {
        const requirements = requirementsOf(python);
        return isA(path.join(context, requirements), "isFile")
            ? undefined
            : {
                  field: "python.requirements",
                  problem: `is "${requirements}"; it must be a file in "${context}", empty if nothing is required`,
              };
    }
    const { dockerfile } = buildOf(source);
    return isA(dockerfile, "isFile")
        ? undefined
        : {
              field: "dockerfile",
              problem: `is "${dockerfile}", which is no file; write it, or describe a Python program under python`,
          };
}

function isA(name: string, kind: "isFile" | "isDirectory"): boolean {
    return fs.statSync(name, { throwIfNoEntry: false })?.[kind]() ?? false;
}
