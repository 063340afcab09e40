import * as path from "node:path";

import { hashOf } from "../arguments/hash";
import type { Context } from "./context";
import { isDirectory, isFile } from "./files";
import { type Python, pythonBuildArgs, pythonDockerfile } from "./python";
import { findDependencyProblem } from "./python-dependencies";

/** The known inputs of a build. */
export interface Build {
    context: string;
    dockerfile: string;
    args: Record<string, string>;
    target?: string;
    platforms: string[];
}

/** The known values of the arguments that determine what is built. */
export interface BuildSource {
    context: string;
    dockerfile?: string;
    python?: Python;
    buildArgs?: Record<string, string>;
    target?: string;
    platforms?: string[];
}

/** Returns the inputs of the build that the arguments describe. */
export function resolveBuild(source: BuildSource): Build {
    const { context, python } = source;
    return {
        context,
        dockerfile: python
            ? pythonDockerfile(context, python)
            : (source.dockerfile ?? path.join(context, "Dockerfile")),
        args: { ...(python && pythonBuildArgs(context, python)), ...source.buildArgs },
        target: source.target,
        // In one order, because an image does not depend on it.
        platforms: [...new Set(source.platforms ?? ["linux/amd64"])].sort(),
    };
}

/**
 * Returns the tag of a build, a hash of its content. Secrets, the network and the cache are no part of it: they do not
 * decide what is built.
 */
export function buildTag({ args, target, platforms }: Build, { hash }: Context): string {
    return hashOf({ files: hash, args, target, platforms }, 16);
}

/** Returns the tag that only one stack pushes, so that no other stack can move it to another digest. */
export const ownTag = (tag: string, stack: string): string => `${tag}-${hashOf(stack)}`;

/** Returns the argument that names a missing file or directory, if there is one, and what is wrong with it. */
export function findMissingFile(source: BuildSource): { field: string; problem: string } | undefined {
    const { context, python } = source;
    if (!isDirectory(context)) {
        return { field: "context", problem: `is "${context}"; it must be an existing directory` };
    }
    if (python) {
        return findDependencyProblem(context, python.requirements);
    }
    const { dockerfile } = resolveBuild(source);
    return isFile(dockerfile)
        ? undefined
        : {
              field: "dockerfile",
              problem: `is "${dockerfile}"; it must be an existing file: create it, or set python to build a Python program`,
          };
}
