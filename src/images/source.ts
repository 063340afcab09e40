import * as pulumi from "@pulumi/pulumi";

import { configured } from "../arguments/config";
import { failOutput } from "../arguments/inputs";
import type { ImageArgs } from "./args";
import { type Build, type BuildSource, buildTag, findMissingFile, resolveBuild } from "./build";
import { type Context, findBrokenLink, readContext } from "./context";

/** What is built, and its tag. */
export interface Source {
    build: Build;
    content: Context;
    tag: string;
}

/** Reads what is built. With Outputs among the arguments, a missing file fails here. */
export function readSource(name: string, args: ImageArgs): pulumi.Output<Source> {
    const { context = "", dockerfile, python, buildArgs, target, platforms } = args;
    return pulumi
        .output({ context, dockerfile, python, buildArgs, target, platforms })
        .apply((given: BuildSource): Source => {
            const fail = (problem: string) => failOutput<Source>(`Image "${name}": ${problem}`);
            const missing = findMissingFile(given);
            if (missing) {
                return fail(`${missing.field} ${missing.problem}`);
            }
            const build = resolveBuild(withDefaults(given));
            let content;
            try {
                content = readContext(build.context, build.dockerfile);
            } catch (error) {
                return fail(
                    `context is "${build.context}", which cannot be read: ${(error as Error).message}; ` +
                        "make its files readable, or add them to .dockerignore",
                );
            }
            const link = findBrokenLink(content);
            if (link) {
                return fail(
                    `context has the symbolic link "${link.name}" to "${link.target}", which is not part of the build; ` +
                        "copy the file into the context, or add the link to .dockerignore",
                );
            }
            return { build, content, tag: buildTag(build, content) };
        });
}

/** Returns the arguments with the defaults of the package's configuration. */
function withDefaults(source: BuildSource): BuildSource {
    const { python } = source;
    const baseImage = python?.baseImage ?? (python?.version === undefined ? configured("pythonBaseImage") : undefined);
    return { ...source, python: python && { ...python, baseImage } };
}

/** Returns one line about what is left out of a build by default, or undefined if there is nothing. */
export function describeLeftOut({ leftOut }: Context): string | undefined {
    const counts = new Map<string, number>();
    for (const name of leftOut) {
        const base = name.split("/").at(-1)!;
        counts.set(base, (counts.get(base) ?? 0) + 1);
    }
    const shown = [...counts].slice(0, 8).map(([base, count]) => (count === 1 ? base : `${base} (${count} times)`));
    const more = counts.size > shown.length ? [`${counts.size - shown.length} more`] : [];
    return counts.size === 0
        ? undefined
        : `left out of the build by default: ${[...shown, ...more].join(", ")}; a line such as "!**/${[...counts.keys()][0]}" ` +
              "in .dockerignore includes them";
}
