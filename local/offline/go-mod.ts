import { parseVersion, type Version } from "../toolchain/versions";

/** The version at which a go.mod requires a module, without the `v`. */
export function requiredVersion(goMod: string, module: string): string {
    const line = goMod.split("\n").find((candidate) =>
        candidate
            .replace(/^require\s+/, "")
            .trim()
            .startsWith(`${module} v`),
    );
    const version = line && /\sv(\d\S*)/.exec(line)?.[1];
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
