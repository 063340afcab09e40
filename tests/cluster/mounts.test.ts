/**
 * Files of a claim on a real node: the kubelet leaves them as they are in pods that only read them. The words of a program,
 * as containerd starts it.
 */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { nodeName } from "../../local/cluster/settings";
import * as mlops from "../../src";
import { escapeReferences } from "../../src/arguments/words";
import { savedEnvironment } from "../support/environment";
import { TestStack } from "../support/stack";

const namespace = "mounts-test";

/** The directory of a team's claim, with files of a user and a group of its own. */
function createFiles(): string {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "team-"));
    const files: [file: string, mode: number][] = [
        ["data/part-1", 0o644],
        ["data/shared", 0o604],
        ["model/weights", 0o444],
    ];
    for (const [file, mode] of files) {
        fs.mkdirSync(path.join(directory, path.dirname(file)), { recursive: true });
        fs.writeFileSync(path.join(directory, file), file, { mode });
    }
    for (const entry of ["", ...(fs.readdirSync(directory, { recursive: true }) as string[])]) {
        const place = path.join(directory, entry);
        fs.chownSync(place, 2345, 2346);
        if (fs.statSync(place).isDirectory()) {
            fs.chmodSync(place, 0o755);
        }
    }
    fs.mkdirSync(path.join(directory, "results"));
    fs.chownSync(path.join(directory, "results"), 2345, 2346);
    return directory;
}

/** The owner, the group and the mode of each file and directory. */
function ownership(directory: string): Record<string, string> {
    return Object.fromEntries(
        ["", ...(fs.readdirSync(directory, { recursive: true }) as string[])].sort().map((entry) => {
            const { uid, gid, mode } = fs.statSync(path.join(directory, entry));
            return [entry, `${uid}:${gid} ${(mode & 0o7777).toString(8)}`];
        }),
    );
}

/** The arguments of all workloads: a program that fails where it can write to these directories. */
const shared = (program: string, readOnly: string[] = []) => ({
    image: savedEnvironment().baseImage!,
    command: [
        "python",
        "-c",
        [
            "import errno, json, os, sys",
            `for directory in ${JSON.stringify(readOnly)}:`,
            "    try:",
            "        open(f'{directory}/new', 'w')",
            "        sys.exit(f'{directory} can be written to')",
            "    except OSError as error:",
            "        assert error.errno == errno.EROFS, error",
            program,
        ].join("\n"),
    ],
    resources: { cpu: "20m", memory: "64Mi" },
    runAsUser: 1000,
});

/** Runs a program whose workloads use the claim `team`, whose files are in the directory. */
async function deploy(directory: string, create: (workspace: mlops.WorkspaceArgs) => void): Promise<void> {
    const stack = await TestStack.create(namespace, () => {
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        const space = new core.Namespace("space", { metadata: { name: namespace, labels } });
        const spec = { accessModes: ["ReadWriteMany"], storageClassName: "" };
        const volume = new core.PersistentVolume("team", {
            metadata: { name: namespace },
            spec: {
                ...spec,
                capacity: { storage: "1Gi" },
                local: { path: directory },
                nodeAffinity: {
                    required: {
                        nodeSelectorTerms: [
                            {
                                matchExpressions: [
                                    { key: "kubernetes.io/hostname", operator: "In", values: [nodeName] },
                                ],
                            },
                        ],
                    },
                },
            },
        });
        const claim = new core.PersistentVolumeClaim("team", {
            metadata: { name: "team", namespace: space.metadata.name },
            spec: { ...spec, volumeName: volume.metadata.name, resources: { requests: { storage: "1Gi" } } },
        });
        create({ namespace: pulumi.all([claim.metadata, space.metadata]).apply(([, { name }]) => name) });
        return Promise.resolve({});
    });
    try {
        await stack.up();
    } finally {
        await stack.destroy();
        fs.rmSync(directory, { recursive: true });
    }
}

describe("a claim, on a real node", function () {
    this.timeout("6m");

    it("keeps the owner, the group and the mode of its files where they are only read", async () => {
        const directory = createFiles();
        const before = ownership(directory);
        let after: Record<string, string> = {};
        await deploy(directory, (workspace) => {
            const mounts = [
                { claim: "team", mountPath: "/data", subPath: "data", readOnly: true },
                { claim: "team", mountPath: "/all", readOnly: true },
            ];
            const read = "assert open('/data/part-1').read() == open('/all/data/part-1').read() == 'data/part-1'";
            const training = new mlops.TrainingJob("train", {
                ...shared(`${read}; open('/model/done', 'w')`, ["/data", "/all"]),
                workspace,
                mounts,
                output: { size: "1Gi", retain: false },
            });
            const batch = new mlops.BatchInference("batch", {
                ...shared("assert open('/input/shared').read() and open('/model/weights').read()", [
                    "/input",
                    "/model",
                ]),
                workspace,
                inputUri: "pvc://team/data",
                model: "pvc://team/model",
                outputUri: "s3://bucket/out",
                shards: 1,
            });
            const server = new mlops.ModelServer("serve", {
                ...shared(
                    "import http.server as h; os.chdir('/model'); h.test(h.SimpleHTTPRequestHandler, port=8080)",
                    ["/model"],
                ),
                workspace,
                // All of the claim.
                model: "pvc://team",
                livenessPath: "/model/weights",
                startupTimeout: "1m",
            });
            pulumi.all([training.jobName, batch.results, server.url]).apply(() => {
                after = ownership(directory);
            });
        });
        assert.deepEqual(after, before);
        assert.equal(before["data/part-1"], "2345:2346 644");
    });

    it("can be read and written by one pod, in which only what it reads is read-only", async () => {
        const directory = createFiles();
        let after: Record<string, string> = {};
        let result = "";
        await deploy(directory, (workspace) => {
            const { jobName, results } = new mlops.BatchInference("batch", {
                ...shared(
                    "open('/output/scores', 'w').write(open('/input/part-1').read() + open('/model/weights').read())",
                    ["/input", "/model"],
                ),
                workspace,
                inputUri: "pvc://team/data",
                model: "pvc://team/model",
                outputUri: "pvc://team/results",
                shards: 1,
            });
            pulumi.all([jobName, results]).apply(([, uri]) => {
                after = ownership(directory);
                result = fs.readFileSync(path.join(directory, uri.replace("pvc://team/", ""), "scores"), "utf8");
            });
        });
        assert.equal(result, "data/part-1model/weights");
        // What the kubelet does to the files of a volume that is not read-only.
        assert.equal(after["data/part-1"], "2345:1000 664");
    });
});

describe("an existing Secret and ConfigMap, on a real node", function () {
    this.timeout("4m");

    it("are variables and files of a run, beside an ephemeral volume", async () => {
        const stack = await TestStack.create(namespace, () => {
            const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
            const space = new core.Namespace("space", { metadata: { name: namespace, labels } });
            const metadata = (name: string) => ({ name, namespace: space.metadata.name });
            const secret = new core.Secret("database", {
                metadata: metadata("database"),
                stringData: { USER: "ml", PASSWORD: "it's $(HOME)" },
            });
            const settings = new core.ConfigMap("settings", {
                metadata: metadata("settings"),
                data: { LEVEL: "info", HOME: "/nowhere" },
            });
            const program = [
                "variables = [os.environ[name] for name in ('DB_USER', 'DB_PASSWORD', 'LEVEL', 'HOME')]",
                'assert variables == ["ml", "it\'s $$(HOME)", "debug", "/tmp"], variables',
                "assert open('/etc/database/USER').read() == 'ml' and open('/etc/level').read() == 'info'",
                "open('/scratch/file', 'w')",
            ].join("\n");
            const training = new mlops.TrainingJob(
                "train",
                {
                    ...shared(program, ["/etc/database"]),
                    workspace: { namespace: space.metadata.name },
                    env: { LEVEL: "debug" },
                    envFrom: [{ secret: "database", prefix: "DB_" }, { configMap: "settings" }],
                    mounts: [
                        { secret: "database", mountPath: "/etc/database" },
                        { configMap: "settings", mountPath: "/etc/level", subPath: "LEVEL" },
                        { ephemeral: { size: "1Gi" }, mountPath: "/scratch" },
                    ],
                    output: { uri: "s3://bucket/models" },
                    retries: 0,
                },
                { dependsOn: [secret, settings] },
            );
            return Promise.resolve({ job: training.jobName });
        });
        try {
            await stack.up();
        } finally {
            await stack.destroy();
        }
    });
});

describe("the words of a program, on a real node", function () {
    this.timeout("4m");

    it("are what the user has written, with any value of a variable", async () => {
        const values = ["it's", '"', "a; id `id` $(id)", "$HOME $$ $(HOME) $", String.raw`\n \\ \"`, "a\nb", "{{ x }}"];
        const args = [...values.map(escapeReferences), ...values.map((_, index) => `$(V${index})`), "$(NOTHING)"];
        const env = Object.fromEntries(values.map((value, index) => [`V${index}`, value]));
        const stack = await TestStack.create(namespace, () => {
            const space = new core.Namespace("space", { metadata: { name: namespace } });
            new mlops.TrainingJob("train", {
                ...shared("assert sys.argv[1:] == json.loads(os.environ['EXPECTED']), sys.argv"),
                workspace: { namespace: space.metadata.name },
                args,
                env,
                secretEnv: { EXPECTED: JSON.stringify([...values, ...values, "$(NOTHING)"]) },
                output: { uri: "s3://bucket/models" },
                retries: 0,
            });
            return Promise.resolve({});
        });
        try {
            await stack.up();
        } finally {
            await stack.destroy();
        }
    });
});
