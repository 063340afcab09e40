import { findDockerClient, pushDigest } from "../../docker/cli";
import { ignoreFile } from "./context";
import { withPrivateConfig } from "./credentials";
import { buildError, daemonError, readable, registryError } from "./failures";
import { type Image, outputs } from "./image";
import { credentialServer, parseReference } from "./reference";
import { docker, type Session } from "./session";
import type { Properties } from "./values";

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
    /** Whether to skip the push, as in a preview. */
    preview: boolean;
    log: Log;
    /** Ends a running build. */
    signal: AbortSignal;
}

/** Seconds within which a daemon must report its version. */
const DAEMON_TIMEOUT = 20;

/** Builds the image and, unless disabled, pushes it. Returns the outputs. */
export async function build(image: Image, options: BuildOptions): Promise<Properties> {
    const { log, signal, hide } = options;
    const env = { ...process.env, ...options.env };
    const client = await findDockerClient(env);
    const session: Session = { client, env, signal, hide };
    await checkDaemon(session);
    const { username, password } = image.registry;
    const work = (current: Session) => buildAndPush(image, current, options);
    if (username && password) {
        const server = credentialServer(image.registry.server, image.imageName);
        return withPrivateConfig(env, server, async (directory) => {
            const own = { ...session, env: { ...env, DOCKER_CONFIG: directory } };
            await logIn(own, image, server, username, password);
            return work(own);
        });
    }
    if (username || password) {
        log.warning(
            `registry.${username ? "password" : "username"} is missing: ` + "docker's own credentials are used",
        );
    }
    return work(session);
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
        throw registryError("login for the push", server ?? "docker.io", image.imageName, lines);
    }
}

async function buildAndPush(image: Image, session: Session, options: BuildOptions): Promise<Properties> {
    const { imageName, skipPush } = image;
    const { log, preview } = options;
    const show = (line: string) => {
        const text = readable(line);
        if (isTelling(text)) {
            log.status(text);
        }
    };
    for (const cached of image.build.cacheFrom) {
        log.status(`Pulling ${cached} for the build cache`);
        const { ok, lines } = await docker(session, ["pull", "--quiet", cached], { onLine: show });
        if (!ok) {
            log.warning(`${cached} cannot be used as build cache: ${lines.at(-1) ?? "no output"}`);
        }
    }
    log.status("Building the image");
    const buildKit = await chooseBuilder(image, session, log);
    const { args, env } = buildCommand(image, buildKit, session.env);
    const built = await docker(session, args, { env, onLine: show });
    if (!built.ok) {
        throw buildError(imageName, built.lines.map(readable));
    }
    const known = outputs(image);
    if (skipPush) {
        return { ...known, repoDigest: await inspect(session, imageName, "{{.Id}}") };
    }
    if (preview) {
        return known;
    }
    log.status("Pushing the image to the registry");
    const pushed = await docker(session, ["push", imageName], { onLine: show });
    const digest = pushDigest(pushed.lines);
    if (!pushed.ok || !digest) {
        const registry = parseReference(imageName)?.registry ?? "docker.io";
        throw registryError("push", registry, imageName, pushed.lines.map(readable));
    }
    return { ...known, repoDigest: `${parseReference(imageName)?.repository}@${digest}` };
}

/** Whether BuildKit builds: it does unless the classic builder is requested or is the only one available. */
async function chooseBuilder(image: Image, session: Session, log: Log): Promise<boolean> {
    const { builderVersion, context, dockerfile } = image.build;
    if (builderVersion !== "BuilderV1" && session.client.buildKit) {
        return true;
    }
    if (builderVersion === "BuilderBuildKit") {
        throw new Error(
            `${session.client.command} has no BuildKit: install the buildx plugin, or leave out build.builderVersion`,
        );
    }
    const ignore = await ignoreFile(context, dockerfile);
    if (ignore === `${dockerfile}.dockerignore`) {
        log.warning(`${ignore} is read by BuildKit only, and the classic builder builds: use .dockerignore`);
    }
    return false;
}

/** The arguments and the environment variables of `docker build`. */
export function buildCommand(
    image: Image,
    buildKit: boolean,
    env: NodeJS.ProcessEnv,
): { args: string[]; env: Record<string, string> } {
    const { context, dockerfile, target, platform, cacheFrom, network, addHosts } = image.build;
    const option = (name: string, value: string | undefined) => (value ? [name, value] : []);
    const buildArgs = Object.entries(image.build.args);
    // An environment variable is not shown by `ps`; one that would change docker itself is passed on the command line.
    const hidden = buildArgs.filter(([name]) => isHarmless(name, env));
    const args = [
        "build",
        ...option("--tag", image.imageName),
        ...option("--file", dockerfile),
        ...option("--target", target),
        ...option("--platform", platform),
        ...option("--network", network),
        ...cacheFrom.flatMap((name) => option("--cache-from", name)),
        ...addHosts.flatMap((host) => option("--add-host", host)),
        ...buildArgs.flatMap(([name, value]) => ["--build-arg", isHarmless(name, env) ? name : `${name}=${value}`]),
        ...(buildKit ? ["--progress", "plain"] : []),
        context,
    ];
    return { args, env: { ...Object.fromEntries(hidden), DOCKER_BUILDKIT: buildKit ? "1" : "0" } };
}

function isHarmless(name: string, env: NodeJS.ProcessEnv): boolean {
    return env[name] === undefined && !/^(DOCKER|BUILDKIT|BUILDX|SSL|GO)|_PROXY$/i.test(name);
}

/** Whether a line of output is informative. */
function isTelling(line: string): boolean {
    return line.trim() !== "" && !/^#\d+ sha256:/.test(line) && !/^DEPRECATED|^ {12}/.test(line);
}

async function inspect(session: Session, image: string, format: string): Promise<string> {
    const { ok, lines } = await docker(session, ["image", "inspect", "--format", format, image]);
    if (!ok) {
        throw new Error(`${image} was built, but the daemon does not know it: ${lines.at(-1) ?? "no output"}`);
    }
    return lines.at(-1) ?? "";
}
