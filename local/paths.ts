import { homedir } from "node:os";
import * as path from "node:path";

/**
 * A path below the cache: what is downloaded or built once per machine and outlives `down`.
 *
 * The cache is `$KUBERNETES_MLOPS_CACHE`, or else `kubernetes-mlops` in `$XDG_CACHE_HOME`, or else in `~/.cache`. The
 * directory is not created here.
 */
export function cacheDir(...parts: string[]): string {
    const { KUBERNETES_MLOPS_CACHE: own, XDG_CACHE_HOME: user } = process.env;
    return path.join(
        path.resolve(own || path.join(user || path.join(homedir(), ".cache"), "kubernetes-mlops")),
        ...parts,
    );
}

/**
 * A path below the state of the running instance: kubeconfig, certificates, pid files, logs and data, all of which
 * `down` removes. It is the cache's `local`; the directory is not created here.
 */
export function stateDir(...parts: string[]): string {
    return cacheDir("local", ...parts);
}

/** A path below the root of this package's source tree. */
export function sourceDir(...parts: string[]): string {
    return path.join(__dirname, "..", ...parts);
}
