/**
 * The base image: Python from Docker Hub or, where that cannot be reached, from this machine's distribution.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { pushDigest } from "../../docker/cli";
import { docker } from "../../docker/daemon";
import { registryHost, responds } from "../../docker/registry";
import { dockerDir, type Settings, writeFile as writeState } from "../../docker/settings";
import { cacheDir } from "../../paths";
import { type Report, whileRunning } from "../../progress";
import { machineCertificates } from "./certificates";
import { machinePipConfig } from "./pip-config";
import { makeRootfs } from "./root-file-system";

/** The public image that is tried first. */
const PUBLIC = "python:3.12-slim";
/** Seconds that the pull may take. */
const PULL_TIMEOUT = 180;
/** Seconds within which Docker Hub must answer. */
const PROBE_TIMEOUT = 15;

const REPOSITORY = "python";
const TAG = "3-slim";
const dockerfile = path.join(__dirname, "Dockerfile");

/** What the registry contained after the last run. */
interface Published {
    key: string;
    digest: string;
}

/**
 * The base image in the registry, by digest. It is built once per machine and kept in the cache, and rebuilt when the
 * machine's certificates or its sources of Python packages change.
 */
export async function ensureBaseImage(host: string, settings: Settings, report: Report): Promise<string> {
    const pip = machinePipConfig();
    if (pip.leftOut.length > 0) {
        report(`pip's ${pip.leftOut.join(" and ")} with credentials is left out of the base image`);
    }
    const certificates = machineCertificates();
    const key = recipeKey(certificates, pip.content);
    const repository = `${registryHost(settings)}/${REPOSITORY}`;
    const published = readPublished();
    const inRegistry = (digest: string) => responds(settings.registryPort, `/v2/${REPOSITORY}/manifests/${digest}`);
    if (published?.key === key && (await inRegistry(published.digest))) {
        return `${repository}@${published.digest}`;
    }
    const local = `kubernetes-mlops/${REPOSITORY}:${key}`;
    const archive = cacheDir("base-image", `${key}.tar`);
    if (existsSync(archive)) {
        report("loading the base image from the cache");
        await docker(host, ["load", "--quiet", "--input", archive]);
    } else {
        await makeImage(host, local, certificates, pip.content, report);
        await keep(host, local, archive);
    }
    report("pushing the base image");
    await docker(host, ["tag", local, `${repository}:${TAG}`]);
    const digest = pushDigest((await docker(host, ["push", `${repository}:${TAG}`])).split("\n"));
    if (!digest) {
        throw new Error(`docker push ${repository}:${TAG} did not report the image's digest`);
    }
    writeState(dockerDir("base-image.json"), JSON.stringify({ key, digest } satisfies Published));
    return `${repository}@${digest}`;
}

/** Changes with everything on this machine that the image depends on. */
function recipeKey(certificates: string[], pipConfig: string): string {
    const parts = [readFileSync(dockerfile, "utf8"), PUBLIC, pipConfig, ...certificates];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}

function readPublished(): Published | undefined {
    try {
        return JSON.parse(readFileSync(dockerDir("base-image.json"), "utf8")) as Published;
    } catch {
        return undefined;
    }
}

async function makeImage(
    host: string,
    name: string,
    certificates: string[],
    pipConfig: string,
    report: Report,
): Promise<void> {
    const root = (await pullPublic(host, report)) ? PUBLIC : await importRootfs(host, report);
    const context = dockerDir("base");
    await rm(context, { recursive: true, force: true });
    await mkdir(path.join(context, "certificates"), { recursive: true });
    await copyFile(dockerfile, path.join(context, "Dockerfile"));
    await writeFile(path.join(context, "pip.conf"), pipConfig);
    for (const [index, certificate] of certificates.entries()) {
        await writeFile(path.join(context, "certificates", `machine-${index}.crt`), certificate);
    }
    report("building the base image");
    const args = ["build", "--build-arg", `ROOT=${root}`, "--tag", name, context];
    // Every client has the classic builder, and it is sufficient here.
    await docker(host, args, { env: { DOCKER_BUILDKIT: "0" }, log: dockerDir("base-image.log") });
    await rm(context, { recursive: true });
}

/** Pulls Docker Hub's image, and returns whether that succeeded. */
async function pullPublic(host: string, report: Report): Promise<boolean> {
    const manifest = () => docker(host, ["manifest", "inspect", PUBLIC], { timeout: PROBE_TIMEOUT });
    const pull = () => docker(host, ["pull", "--quiet", PUBLIC], { timeout: PULL_TIMEOUT });
    report(`pulling ${PUBLIC} from Docker Hub`);
    try {
        await manifest();
        await whileRunning((elapsed) => report(`pulling ${PUBLIC}, ${elapsed}`), pull);
        return true;
    } catch {
        report(`${PUBLIC} cannot be pulled: the base image is built from Debian's packages`);
        return false;
    }
}

/** Imports a root file system of this machine's distribution and returns the image's name. */
async function importRootfs(host: string, report: Report): Promise<string> {
    const name = `kubernetes-mlops/${REPOSITORY}-root`;
    const archive = await makeRootfs(report);
    report("importing the base image");
    const changes = ["ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "ENV LANG=C.UTF-8"];
    const args = [...changes, 'CMD ["python3"]'].flatMap((change) => ["--change", change]);
    await docker(host, ["import", ...args, archive, name]);
    await rm(archive);
    return name;
}

/** Puts the image into the cache, in place of earlier ones. */
async function keep(host: string, name: string, archive: string): Promise<void> {
    const directory = path.dirname(archive);
    await mkdir(directory, { recursive: true });
    const before = await readdir(directory);
    // The client of a killed run may still be writing its file.
    const own = `${archive}.${process.pid}`;
    await docker(host, ["save", "--output", own, name]);
    await rename(own, archive);
    for (const other of before) {
        await rm(path.join(directory, other), { force: true });
    }
}
