import { readFileSync } from "node:fs";

import { run } from "../run";
import { clusterDir } from "./settings";

interface Mount {
    point: string;
    type: string;
}

/** The lines of /proc/self/mountinfo, see proc(5). */
export function parseMounts(text: string): Mount[] {
    return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
            const fields = line.split(" ");
            // White space and backslashes in a path are written as octal numbers.
            const point = fields[4]!.replace(/\\([0-7]{3})/g, (_, code: string) =>
                String.fromCharCode(parseInt(code, 8)),
            );
            return { point, type: fields[fields.indexOf("-") + 1]! };
        });
}

const mounts = (): Mount[] => parseMounts(readFileSync("/proc/self/mountinfo", "utf8"));

/** Where file systems of these types are mounted. */
export const mountPoints = (types: string[]): string[] =>
    mounts()
        .filter(({ type }) => types.includes(type))
        .map(({ point }) => point);

/** What is mounted below the cluster's directory (volumes, root file systems, network namespaces), the newest first. */
export const clusterMounts = (): string[] =>
    mounts()
        .map(({ point }) => point)
        .filter((point) => point.startsWith(`${clusterDir()}/`))
        .reverse();

export async function unmountAll(): Promise<void> {
    for (const point of clusterMounts()) {
        // A mount that an unrelated process still uses (such as a shell in it) is unmounted once the process releases
        // it. Some disappear by themselves, with the last process that had them open.
        await run("umount", [point])
            .catch(() => run("umount", ["--lazy", point]))
            .catch((error: unknown) => {
                if (clusterMounts().includes(point)) {
                    throw error;
                }
            });
    }
}
