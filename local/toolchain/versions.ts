export type Version = [major: number, minor: number, patch: number];

/** Which versions are good: from `min` on, below `below`. */
export interface VersionRange {
    min: Version;
    below: Version;
}

/** The first version in a text such as `v3.259.0`, `go1.26.8`, `CoreDNS-1.14.7` or `1.26`; undefined without one. */
export function parseVersion(text: string): Version | undefined {
    const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
    return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

/** Negative when `a` is older than `b`, positive when it is newer, 0 when they are the same. */
export function compareVersions(a: Version, b: Version): number {
    return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Whether the version that a tool printed is within the range. */
export function accepts(range: VersionRange, printed: string): boolean {
    const version = parseVersion(printed);
    return (
        version !== undefined && compareVersions(version, range.min) >= 0 && compareVersions(version, range.below) < 0
    );
}

/** The version at which a go.mod requires a module, without its `v`. */
export function requiredVersion(goMod: string, module: string): string {
    const line = goMod.split("\n").find((candidate) =>
        candidate
            .replace(/^require\s+/, "")
            .trim()
            .startsWith(`${module} v`),
    );
    const version = line && /\sv(\S+)/.exec(line)?.[1];
    if (!version) {
        throw new Error(`The go.mod requires no version of ${module}`);
    }
    return version;
}

/** The Go version that a go.mod asks for. */
export function goVersion(goMod: string): Version {
    const version = parseVersion(/^go (\S+)$/m.exec(goMod)?.[1] ?? "");
    if (!version) {
        throw new Error("The go.mod has no go line");
    }
    return version;
}
