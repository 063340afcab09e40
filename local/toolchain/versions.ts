export type Version = [major: number, minor: number, patch: number];

/** Which versions are accepted: from `min` on, below `below`. */
export interface VersionRange {
    min: Version;
    below: Version;
}

/** The first version in a string such as `v3.259.0`, `go1.26.8`, `CoreDNS-1.14.7` or `1.26`; undefined without one. */
export function parseVersion(text: string): Version | undefined {
    const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
    return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

/** Negative when `a` is older than `b`, positive when it is newer, 0 when they are the same. */
export function compareVersions(a: Version, b: Version): number {
    return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Whether the version in a tool's output is within the range. */
export function accepts(range: VersionRange, printed: string): boolean {
    const version = parseVersion(printed);
    return (
        version !== undefined && compareVersions(version, range.min) >= 0 && compareVersions(version, range.below) < 0
    );
}
