/** Two scanners of manifests by other projects, and their findings in objects. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as yaml from "yaml";

import { ensurePackages } from "../../../local/debian";
import { withLock } from "../../../local/lock";
import { cacheDir } from "../../../local/paths";
import { run } from "../../../local/run";
import { goCommand } from "../go-command";
import { progressOnce } from "../progress";
import type { Rendered } from "../rendered";

/** A finding of a scanner in an object. */
export interface Finding {
    check: string;
    what: string;
    kind: string;
    name: string;
    origin: string;
}

const say = progressOnce();

/** From the Python package index, as its project publishes it. */
const checkovVersion = "3.3.30";

/** A Python environment with only checkov, created once per machine. */
async function checkovCommand(): Promise<string> {
    const directory = cacheDir("tools", `checkov-${checkovVersion}`);
    const command = path.join(directory, "bin", "checkov");
    await withLock(
        cacheDir("tools", "checkov.lock"),
        () => say("waiting for another process"),
        async () => {
            // The last file that is written, so that an interrupted installation is repeated.
            const done = path.join(directory, "installed");
            if (!fs.existsSync(done)) {
                await ensurePackages(["python3-venv"], say);
                say(`installing checkov ${checkovVersion} from the Python package index`);
                fs.rmSync(directory, { recursive: true, force: true });
                await run("python3", ["-m", "venv", directory]);
                await run(path.join(directory, "bin", "pip"), ["install", "--quiet", `checkov==${checkovVersion}`]);
                fs.writeFileSync(done, "");
            }
        },
    );
    return command;
}

/**
 * The objects as files in a directory, those of each origin in a separate namespace: scanners look for a Service or a
 * budget of a pod, and one from another origin does not count.
 */
function write(all: Rendered[]): { directory: string; originOf: (namespace: string) => string } {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-scans-"));
    const origins = [...new Set(all.map(({ origin }) => origin))];
    all.forEach(({ origin, object }, index) => {
        const namespace = `origin-${origins.indexOf(origin)}`;
        const content = { ...object, metadata: { ...object.metadata, namespace } };
        fs.writeFileSync(
            path.join(directory, `${index}.yaml`),
            // The scanners read YAML 1.1, in which a word such as "no" needs quotes.
            yaml.stringify(content, { aliasDuplicateObjects: false, version: "1.1" }),
        );
    });
    return { directory, originOf: (namespace) => origins[Number(namespace.slice("origin-".length))] ?? "" };
}

/** The output of a scanner, which exits with 1 when it has findings. */
async function output(command: string, args: string[]): Promise<string> {
    const { execa } = await import("execa");
    const { stdout, stderr, exitCode } = await execa(command, args, { reject: false, stdin: "ignore" });
    if (exitCode !== 0 && exitCode !== 1) {
        throw new Error(`${command} ended with ${exitCode}: ${stderr}`);
    }
    return stdout;
}

interface Score {
    object_name: string;
    type_meta: { kind: string };
    object_meta: { name: string; namespace: string };
    checks: { check: { id: string }; grade: number; skipped: boolean; comments: { summary: string }[] | null }[];
}

/** The findings of kube-score; 10 is its best grade. */
export async function kubeScore(all: Rendered[]): Promise<Finding[]> {
    const command = await goCommand("kube-score", path.join(__dirname, "kube-score"), "github.com/zegl/kube-score");
    const { directory, originOf } = write(all);
    try {
        const files = fs.readdirSync(directory).map((file) => path.join(directory, file));
        const scores = JSON.parse(await output(command, ["score", "--output-format=json", ...files])) as Score[];
        return scores.flatMap(({ type_meta: { kind }, object_meta: { name, namespace }, checks }) =>
            checks
                .filter(({ skipped, grade }) => !skipped && grade < 10)
                .map(({ check, comments }) => ({
                    check: check.id,
                    what: comments?.[0]?.summary ?? "",
                    kind,
                    name,
                    origin: originOf(namespace),
                })),
        );
    } finally {
        fs.rmSync(directory, { recursive: true });
    }
}

interface Checkov {
    results: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
}

/** The findings of checkov. */
export async function checkov(all: Rendered[]): Promise<Finding[]> {
    const command = await checkovCommand();
    const { directory, originOf } = write(all);
    try {
        const args = ["--directory", directory, "--framework=kubernetes", "--output=json", "--compact", "--quiet"];
        const printed = await output(command, [...args, "--skip-download"]);
        const { results } = JSON.parse(printed) as Checkov;
        return results.failed_checks.map(({ check_id: check, check_name: what, resource }) => {
            // <Kind>.<namespace>.<name>, and for pods in it the labels.
            const [kind, namespace, name] = resource.split(".");
            return { check, what, kind: kind!, name: name!, origin: originOf(namespace!) };
        });
    } finally {
        fs.rmSync(directory, { recursive: true });
    }
}
