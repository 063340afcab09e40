import { findDockerClient, pushDigest } from "../../docker/cli";
import { withPrivateConfig } from "./credentials";
import { buildError, daemonError, readable, registryError } from "./failures";
import type { Image } from "./image";
import { credentialServer, splitReference } from "./reference";
import { findDigest, joinPlatforms } from "./registry";
import { docker, type Session } from "./session";

/** Shows messages to the user. */
export interface Log {
    /** Shown only until the next message. */
    status(message: string): void;
    info(message: string): void;
    warning(message: string): void;
}

export interface BuildOptions {
    /** Variables that the provider's configuration sets for docker, such as DOCKER_HOST. */
    env: Record<string, string>;
    /** Values to hide in all output. */
    hide: string[];
    log: Log;
    /** Ends a running build. */
    signal: AbortSignal;
}

/** Seconds within which a daemon must report its version. */
const DAEMON_TIMEOUT = 20;

/** Builds the image and pushes it under all of its tags. Returns its digest; undefined when it is not pushed. */
export async function build(image: Image, options: BuildOptions): Promise<string | undefined> {
    const { signal, hide } = options;
    const env = { ...process.env, ...options.env };
    const client = await findDockerClient(env);
    const session: Session = { client, env, signal, hide };
    await checkDaemon(session);
    if (!client.buildKit) {
        throw new Error(`${client.command} has no BuildKit: install the buildx plugin`);
    }
    const logins = image.registries?.filter(({ username, password }) => username && password) ?? [];
    if (logins.length === 0) {
        return buildAndPush(image, session, options);
    }
    return withPrivateConfig(
        env,
        logins.map(({ address }) => credentialServer(address)),
        async (directory) => {
            const own = { ...session, env: { ...env, DOCKER_CONFIG: directory } };
            for (const { address, username, password } of logins) {
                await logIn(own, image, credentialServer(address), username!, password!);
            }
            return buildAndPush(image, own, options);
        },
    );
}

async function checkDaemon(session: Session): Promise<void> {
    const args = ["version", "--format", "{{.Server.Version}}"];
    const { ok, lines } = await docker(session, args, { timeout: DAEMON_TIMEOUT });
    if (!ok) {
        throw daemonError(await daemonHost(session), lines);
    }
}

async function daemonHost(session: Session): Promise<string> {
    const args = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
    return session.env.DOCKER_HOST || (await docker(session, args)).lines.at(-1) || "its default address";
}

async function logIn(
    session: Session,
    image: Image,
    server: string | undefined,
    username: string,
    password: string,
): Promise<void> {
    const args = ["login", "--username", username, "--password-stdin", ...(server ? [server] : [])];
    const { ok, lines } = await docker(session, args, { input: password });
    if (!ok) {
        throw registryError("login for the push", server ?? "docker.io", image.tags[0]!, lines);
    }
}

async function buildAndPush(image: Image, session: Session, options: BuildOptions): Promise<string | undefined> {
    const { tags, platforms = [], push, registries = [] } = image;
    if (platforms.length < 2) {
        await runBuild(image, tags, platforms[0], session, options);
        return push ? pushAll(image, tags, session, options) : undefined;
    }
    // A docker daemon builds for one platform at a time.
    const parts: { platform: string; reference: string }[] = [];
    for (const platform of platforms) {
        const reference = `${tags[0]}-${platform.replaceAll("/", "-")}`;
        await runBuild(image, [reference], platform, session, options);
        parts.push({ platform, reference });
    }
    if (!push) {
        return undefined;
    }
    await pushAll(
        image,
        parts.map(({ reference }) => reference),
        session,
        options,
    );
    let digest;
    for (const tag of tags) {
        digest = await joinPlatforms(parts, tag, registries);
    }
    return digest;
}

async function runBuild(
    image: Image,
    tags: string[],
    platform: string | undefined,
    session: Session,
    { log }: BuildOptions,
): Promise<void> {
    log.status("Building the image");
    const caches = await findCaches(image, log);
    const { args, env } = buildCommand(image, tags, platform, caches, session.env);
    const built = await docker(session, args, { env, onLine: show(log) });
    if (!built.ok) {
        throw buildError(tags[0]!, built.lines.map(readable));
    }
}

/** The caches that exist; BuildKit of a docker daemon fails for one that does not. */
async function findCaches({ cacheFrom = [], registries = [] }: Image, log: Log): Promise<string[]> {
    const found: string[] = [];
    for (const { registry } of cacheFrom) {
        const digest = await findDigest(registry.ref, registries).catch(() => undefined);
        if (digest) {
            found.push(registry.ref);
        } else {
            log.status(`${registry.ref} has no layers yet`);
        }
    }
    return found;
}

/** Pushes an image under all of its tags, and as the cache. Returns its digest. */
async function pushAll(image: Image, tags: string[], session: Session, { log }: BuildOptions): Promise<string> {
    let digest;
    for (const tag of tags) {
        digest = await pushTag(tag, session, log);
    }
    for (const { registry } of image.cacheTo ?? []) {
        await docker(session, ["tag", tags[0]!, registry.ref]);
        await pushTag(registry.ref, session, log);
    }
    return digest!;
}

/** How often a push is tried while the registry reports an error of its own, as BuildKit does. */
const PUSHES = 4;

async function pushTag(tag: string, session: Session, log: Log): Promise<string> {
    for (let attempt = 1; ; attempt++) {
        log.status(`Pushing ${tag}`);
        const pushed = await docker(session, ["push", tag], { onLine: show(log) });
        const digest = pushDigest(pushed.lines);
        if (pushed.ok && digest) {
            return digest;
        }
        const isRegistrys = /unexpected HTTP status: 5\d\d/.test(pushed.lines.at(-1) ?? "");
        if (!isRegistrys || attempt === PUSHES) {
            throw registryError("push", splitReference(tag).registry, tag, pushed.lines.map(readable));
        }
    }
}

/** Shows the informative lines of docker's output. */
const show = (log: Log) => (line: string) => {
    const text = readable(line);
    if (text.trim() !== "" && !/^#\d+ sha256:/.test(text) && !/^DEPRECATED|^ {12}/.test(text)) {
        log.status(text);
    }
};

/** The arguments and the environment variables of `docker build`. */
export function buildCommand(
    image: Image,
    tags: string[],
    platform: string | undefined,
    caches: string[],
    env: NodeJS.ProcessEnv,
): { args: string[]; env: Record<string, string> } {
    const { context, dockerfile, target, network, addHosts = [], labels = {}, secrets = {}, cacheTo = [] } = image;
    const option = (name: string, value: string | undefined) => (value ? [name, value] : []);
    // The layers are in the pushed image: a docker daemon cannot push them as an image of their own.
    const inlineCache = cacheTo.length > 0 ? { BUILDKIT_INLINE_CACHE: "1" } : {};
    const buildArgs = Object.entries({ ...inlineCache, ...image.buildArgs });
    // An environment variable is not shown by `ps`; one that would change docker itself is passed on the command line.
    const hidden = buildArgs.filter(([name]) => isHarmless(name, env));
    const hiddenSecrets = Object.entries(secrets).map(([id, value], index) => ({
        id,
        value,
        name: `BUILD_SECRET_${index}`,
    }));
    const args = [
        "build",
        ...tags.flatMap((tag) => option("--tag", tag)),
        ...option("--file", dockerfile.location),
        ...option("--target", target),
        ...option("--platform", platform),
        ...option("--network", network),
        ...caches.flatMap((name) => option("--cache-from", name)),
        ...addHosts.flatMap((host) => option("--add-host", host)),
        ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
        ...hiddenSecrets.flatMap(({ id, name }) => ["--secret", `id=${id},env=${name}`]),
        ...buildArgs.flatMap(([name, value]) => ["--build-arg", isHarmless(name, env) ? name : `${name}=${value}`]),
        "--progress",
        "plain",
        context.location,
    ];
    return {
        args,
        env: {
            ...Object.fromEntries(hidden),
            ...Object.fromEntries(hiddenSecrets.map(({ name, value }) => [name, value])),
            DOCKER_BUILDKIT: "1",
        },
    };
}

function isHarmless(name: string, env: NodeJS.ProcessEnv): boolean {
    return env[name] === undefined && !/^(DOCKER|BUILDKIT|BUILDX|SSL|GO)|_PROXY$/i.test(name);
}
