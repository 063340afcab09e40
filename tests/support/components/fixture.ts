/**
 * What the tests know about a component: how to create it, which values are invalid in each place, and the messages.
 * Each component has one file in this directory, which all tests find.
 */
import * as pulumi from "@pulumi/pulumi";

import { image, workload } from "../arguments";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- invalid values have any type.
export type Args = any;

export interface Component {
    new (name: string, args: Args, opts?: pulumi.ComponentResourceOptions): pulumi.ComponentResource;
}

/** One place, invalid values for it, and the message after each value. */
export type Row = [place: string, values: unknown[], allowed: string];

/** Arguments of a wrong shape and invalid plain values, and their messages. */
export type Case = [args: Args, ...problems: string[]];

export interface Fixture {
    component: Component;
    /** Valid arguments. The tests make one of them invalid. */
    valid: () => object;
    /** Every argument, with one secret: `password`. */
    full: () => object;
    /** The number of its children with these arguments. */
    children: number;
    /** Invalid values of single arguments that may be Outputs. */
    scalars: Row[];
    /** Invalid values of arguments that must be plain values. */
    plain?: Row[];
    cases: Case[];
    /** Places whose values are stored in plain text, and how to fix a secret Output. */
    secrets?: [place: string, fix: string][];
    /** Required places, and how to fix an Output of undefined. */
    missing: [place: string, fix: string][];
    /** Places that do not exist, and the fields that do. */
    misspelt: [place: string, allowed: string][];
    /** Valid edge cases. */
    allowed: [place: string, values: unknown[]][];
    /** Arguments that the component does not read, so that an invalid Output goes unnoticed. */
    unused?: string[];
}

export const nonEmptyString = "it must be a non-empty string";
export const string = "it must be a string";
export const list = "it must be a list (its entries may be Outputs)";
export const object = "must be an object (its fields may be Outputs)";
export const digestRef = "it must be repository@sha256:<64 hexadecimal digits>, such as the ref of an Image";
export const label =
    "it must be at most 63 lowercase letters, digits and hyphens, and start and end with a letter or digit";
export const subdomain =
    "it must be lowercase letters, digits, hyphens and dots, and start and end with a letter or digit";
export const objectName =
    "it must be at most 50 lowercase letters, digits and hyphens, start with a letter and not end with a hyphen, for example " +
    '"fraud-model"';
export const cpu = 'it must be a CPU quantity greater than zero, for example "2", "0.5" or "500m"';
export const bytes = 'it must be a quantity of bytes greater than zero, for example "512Mi" or "16Gi"';
export const length = 'it must be a duration in days, hours, minutes and seconds, for example "90m", "6h" or "1h30m"';
export const httpPath = "it must be a path that starts with a slash";
export const entry = "remove the entry or set it to a string";
export const variable =
    "is not a valid environment variable name; use letters, digits and underscores, and start with a letter or an underscore";
const labelValue =
    "it must be a string of at most 63 letters, digits, hyphens, underscores and dots that starts and ends with a letter or digit, or is empty";
const annotationValue = 'it must be a string, for example "true"';
/** What is wrong with a key of `what`. */
export const metadataKey = (what: string): string =>
    `is not a valid key of ${what}; use at most 63 letters, digits, hyphens, underscores and dots that start and end with a ` +
    'letter or digit, after an optional domain and a slash, for example "example.com/team"';
export const repository =
    'it must start with the registry and have no tag, for example "ghcr.io/acme/fraud" or "docker.io/acme/fraud"';
export const model =
    'it must be a URI such as the model of a TrainingJob, "pvc://<claim>/<directory>" or "s3://<bucket>/<key>"';

/** The required arguments of a workload, and a mount. The tests make one value invalid. */
export const validWorkload = { ...workload, mounts: [{ claim: "data", mountPath: "/data" }] };

/** The names of the arguments that all workloads have. */
export const workloadNames =
    "name, workspace, image, command, args, env, secretEnv, envFrom, resources, gpu, mounts, runAsUser, readOnlyRootFilesystem, podSpec, " +
    "labels, annotations, podLabels, podAnnotations";

/** The names of the arguments that all runs have. */
export const runNames = `${workloadNames}, retries, retry, timeout, startTimeout, wait, allowFailure, triggers, spot, queuePriority`;

/** Names that no component and no object can have. */
export const invalidNames = ["", "Fraud", "fraud_model", "1fraud", "-fraud", "fraud-", "fraud.model", "f".repeat(51)];

/** Invalid values of the arguments of all workloads that must be plain values. */
export const workloadPlain: Row[] = [["name", [...invalidNames, 5], objectName]];

/** Invalid values of the arguments that all workloads have. */
export const workloadScalars: Row[] = [
    ["workspace.namespace", ["ML", "", "a.b", "-a", "a".repeat(64), 5], label],
    ["workspace.queue", ["Team", "a_b", "", 5], subdomain],
    ["workspace.serviceAccount", ["Trainer", ".a"], subdomain],
    ["workspace.imagePullSecrets[0]", ["Pull"], subdomain],
    ["image", ["", "fraud", "fraud:latest", "fraud@sha256:abc", `fraud@sha256:${"A".repeat(64)}`, 5], digestRef],
    ["resources.cpu", ["0", "0m", "2Gi", "1.5m", "0.0001", "-1", "two", "", 2], cpu],
    ["resources.memory", ["0", "16GB", "16gi", "512m", "-1Gi", "", 16], bytes],
    ["resources.sharedMemory", ["8GB", "0", 8], bytes],
    ["gpu.count", [0, -1, 0.5, 1025, "1", NaN], "it must be an integer from 1 to 1024"],
    ["gpu.product", ["", 5], nonEmptyString],
    ["gpu.memory", ["80GB", "0", 80], bytes],
    ["mounts[0].claim", ["Data", ""], subdomain],
    ["mounts[0].mountPath", ["data", "", 5], httpPath],
    ["mounts[0].mountPath", ["/a:b"], "it must not contain a colon"],
    [
        "mounts[0].subPath",
        ["/a", "..", "a/../b", "", 5],
        "it must be a path relative to the root of the volume, without ..",
    ],
    ["mounts[0].readOnly", ["yes"], "it must be true or false"],
    ["runAsUser", [0, -1, 1.5, "1000", 2 ** 31], "it must be an integer from 1 to 2147483647"],
    ["readOnlyRootFilesystem", ["yes", 1], "it must be true or false"],
];

export const workloadCases: Case[] = [
    [
        { name: pulumi.output("fraud") },
        "name is an Output; it must be a plain value, because it decides which objects are created",
    ],
    [{ workspace: undefined }, 'workspace is missing; set it, for example to { namespace: "fraud" }'],
    [{ workspace: "ml" }, `workspace ${object}`],
    [{ workspace: ["ml"] }, `workspace ${object}`],
    [{ workspace: pulumi.output({ namespace: "ml" }) }, `workspace ${object}`],
    [{ workspace: {} }, "workspace.namespace is missing; set the namespace"],
    [{ workspace: { namespace: null } }, "workspace.namespace is missing; set the namespace"],
    [{ workspace: { namespace: "ml", imagePullSecrets: "pull" } }, `workspace.imagePullSecrets is "pull"; ${list}`],
    [
        { workspace: { namespace: "ml", imagePullSecrets: [undefined] } },
        "workspace.imagePullSecrets[0] is missing; remove the entry or set it to the name of a Secret",
    ],
    [{ image: undefined }, "image is missing; set it to repository@sha256:…, such as the ref of an Image"],
    [{ image: null }, "image is missing; set it to repository@sha256:…, such as the ref of an Image"],
    [{ image: { ref: image } }, `image is an object; ${digestRef}`],
    [{ command: "python train.py" }, `command is "python train.py"; ${list}`],
    [{ command: pulumi.output(["python"]) }, `command is an Output; ${list}`],
    [{ command: ["python", "", 5] }, `command[1] is ""; ${nonEmptyString}`, `command[2] is 5; ${nonEmptyString}`],
    [{ command: [undefined] }, `command[0] is missing; ${entry}`],
    [{ args: "--fast" }, `args is "--fast"; ${list}`],
    [{ args: [1, null] }, `args[0] is 1; ${string}`, `args[1] is missing; ${entry}`],
    [{ env: "LEVEL=debug" }, "env must be an object (its values may be Outputs)"],
    [{ env: [{ name: "LEVEL", value: "debug" }] }, "env must be an object (its values may be Outputs)"],
    [{ env: { LEVEL: 5 } }, `env.LEVEL is 5; ${string}`],
    [{ env: { LEVEL: undefined } }, "env.LEVEL is missing; remove the key or set it to a value"],
    [{ env: { "1ST": "a", "A-B": "b" } }, `env.1ST ${variable}`, `env.A-B ${variable}`],
    [{ secretEnv: "TOKEN=hunter2" }, "secretEnv must be an object (its values may be Outputs)"],
    [{ secretEnv: { TOKEN: 5 } }, `secretEnv.TOKEN is a secret, whose value is not shown; ${nonEmptyString}`],
    [{ secretEnv: { TOKEN: "" } }, `secretEnv.TOKEN is a secret, whose value is not shown; ${nonEmptyString}`],
    [{ secretEnv: { "a.b": "hunter2" } }, `secretEnv.a.b ${variable}`],
    [{ env: { A: "1", B: "2" }, secretEnv: { A: "3", C: "4" } }, "env.A is also in secretEnv; remove one of them"],
    [{ env: "A=1", secretEnv: { A: "2" } }, "env must be an object (its values may be Outputs)"],
    [{ resources: "2 CPUs" }, `resources ${object}`],
    [{ podSpec: "nodeSelector" }, `podSpec ${object}`],
    [{ podSpec: [] }, `podSpec ${object}`],
    [
        { podSpec: { priorityClass: "high", containers: [{ name: "main", resources: { limit: {} } }] } },
        "podSpec.priorityClass does not exist in Kubernetes 1.36; did you mean priorityClassName?",
        "podSpec.containers[0].resources.limit does not exist in Kubernetes 1.36; did you mean limits?",
    ],
    [{ gpu: 1 }, `gpu ${object}`],
    [{ gpu: { vendor: "nvdia" } }, 'gpu.vendor is "nvdia"; it must be one of nvidia, amd, intel'],
    [
        { gpu: { vendor: pulumi.output("amd") } },
        "gpu.vendor is an Output; it must be a plain value, because it decides which resource is requested",
    ],
    [{ gpu: { mig: "1g" } }, 'gpu.mig is "1g"; it must be a MIG profile as nvidia-smi lists it, such as "1g.10gb"'],
    [{ gpu: { sharing: "half" } }, 'gpu.sharing is "half"; it must be one of time-slicing, mps'],
    [
        { gpu: { resource: "gpu" } },
        'gpu.resource is "gpu"; it must be a resource name with a domain, such as "nvidia.com/gpu.shared"',
    ],
    [{ gpu: { deviceClass: "GPU" } }, `gpu.deviceClass is "GPU"; ${subdomain}`],
    [
        { gpu: { vendor: "amd", memory: "64Gi", mig: "1g.10gb", sharing: "mps" } },
        'gpu.memory is supported for NVIDIA GPUs only, and gpu.vendor is "amd"; remove one of them',
        'gpu.mig is supported for NVIDIA GPUs only, and gpu.vendor is "amd"; remove one of them',
        'gpu.sharing is supported for NVIDIA GPUs only, and gpu.vendor is "amd"; remove one of them',
        "gpu.memory cannot be combined with gpu.mig, whose profile 1g.10gb decides the memory; remove one of them",
        "gpu.mig cannot be combined with gpu.sharing; remove one of them",
    ],
    [
        { gpu: { vendor: "intel", product: "Max" } },
        'gpu.product is not supported with gpu.vendor "intel"; select nodes with podSpec.nodeSelector instead',
    ],
    [
        { gpu: { resource: "a.b/c", deviceClass: "gpu.nvidia.com", mig: "1g.10gb" } },
        "gpu.mig cannot be combined with gpu.resource; remove one of them",
        "gpu.resource cannot be combined with gpu.deviceClass; remove one of them",
    ],
    [
        { gpu: { sharing: "mps", deviceClass: "gpu.nvidia.com" } },
        "gpu.sharing cannot be combined with gpu.deviceClass; remove one of them",
    ],
    [
        { gpu: { sharing: "mps", count: 2 } },
        "gpu.count is 2; it must be 1 with gpu.sharing, because several shares may be of the same GPU: remove it",
    ],
    [{ labels: "team=fraud" }, "labels must be an object (its values may be Outputs)"],
    [{ podAnnotations: ["a"] }, "podAnnotations must be an object (its values may be Outputs)"],
    ...["labels", "podLabels"].flatMap((place): Case[] =>
        ["a b", "-a", "a.", "a/b", "a".repeat(64), true, 5].map((value) => [
            { [place]: { team: value } },
            `${place}.team is ${JSON.stringify(value)}; ${labelValue}`,
        ]),
    ),
    ...["annotations", "podAnnotations"].map((place): Case => [
        { [place]: { a: true, b: 5, c: {} } },
        ...["a is true", "b is 5", "c is an object"].map((wrong) => `${place}.${wrong}; ${annotationValue}`),
    ]),
    [{ labels: { team: undefined } }, "labels.team is missing; remove the key or set it to a value"],
    [
        {
            labels: {
                "": "a",
                "a b": "b",
                "A.com/b": "c",
                "a/b/c": "d",
                "/a": "e",
                "a/": "f",
                [`a/${"b".repeat(64)}`]: "g",
            },
        },
        ...["", "a b", "A.com/b", "a/b/c", "/a", "a/", `a/${"b".repeat(64)}`].map(
            (key) => `labels.${key} ${metadataKey("a label")}`,
        ),
    ],
    [
        { annotations: { "a b": "", [`${"a".repeat(254)}/b`]: "" } },
        ...["a b", `${"a".repeat(254)}/b`].map((key) => `annotations.${key} ${metadataKey("an annotation")}`),
    ],
    [
        {
            podLabels: {
                "app.kubernetes.io/name": "other",
                "kubernetes-mlops/run": "1",
                "batch.kubernetes.io/job-name": "a",
            },
        },
        "podLabels.app.kubernetes.io/name is set by the component, which finds its objects by it; remove it",
        "podLabels.kubernetes-mlops/run is set by the component; remove it",
        "podLabels.batch.kubernetes.io/job-name is set by the controller of the pods, which finds them by it; remove it",
    ],
    [
        { labels: { "kueue.x-k8s.io/queue-name": "a", "kueue.x-k8s.io/priority-class": "b" } },
        "labels.kueue.x-k8s.io/queue-name is set by the component from workspace.queue; set that instead",
        "labels.kueue.x-k8s.io/priority-class is set by the component from queuePriority, which runs have; remove it",
    ],
    [
        { annotations: { "pulumi.com/skipAwait": "true", "kubernetes-mlops/triggers": "a" } },
        "annotations.pulumi.com/skipAwait tells Pulumi how to update an object, on which the component depends; remove it, or set it with a transform",
        "annotations.kubernetes-mlops/triggers is set by the component; remove it",
    ],
    [
        { podAnnotations: { note: "ä".repeat(131_071) } },
        "podAnnotations has 262146 bytes; Kubernetes allows 262144: remove some",
    ],
    [{ mounts: "data" }, `mounts is "data"; ${list}`],
    [
        { mounts: [{}] },
        "mounts[0].claim is missing; set the name of a PersistentVolumeClaim, or one of secret, configMap, ephemeral, image",
        'mounts[0].mountPath is missing; set the path in the container, for example "/data"',
    ],
    [
        {
            mounts: [
                { claim: "a", mountPath: "/data" },
                { claim: "b", mountPath: "/data" },
            ],
        },
        "mounts has two volumes at /data; give one of them another mountPath",
    ],
    [
        {
            mounts: [
                { claim: "a", mountPath: "/data" },
                { claim: "b", mountPath: "//data/./x/../" },
            ],
        },
        "mounts has two volumes at /data; give one of them another mountPath",
    ],
    [
        {
            mounts: [
                { claim: "a", secret: "b", mountPath: "/a" },
                { secret: "Tls", mountPath: "/b" },
                { configMap: "settings", mountPath: "/c", readOnly: false },
                { ephemeral: { size: "0" }, mountPath: "/d" },
                { ephemeral: {}, mountPath: "/e" },
                { image: "data:latest", mountPath: "/f" },
            ],
        },
        "mounts[0] sets claim and secret; keep one of them: a mount has one source",
        `mounts[1].secret is "Tls"; ${subdomain}`,
        `mounts[3].ephemeral.size is "0"; ${bytes}`,
        'mounts[4].ephemeral.size is missing; set the size of the volume, for example "500Gi"',
        `mounts[5].image is "data:latest"; ${digestRef}`,
        "mounts[2].readOnly is false, but a mount of configMap is always read-only; remove it",
    ],
    [
        { envFrom: [{}, { secret: "a", configMap: "b" }, { configMap: "B" }, { secret: "a", prefix: "1-" }, "a"] },
        "envFrom[0].secret is missing; set the name of a Secret, or configMap to that of a ConfigMap",
        "envFrom[1] sets secret and configMap; keep one of them, and make another entry for the other",
        `envFrom[2].configMap is "B"; ${subdomain}`,
        'envFrom[3].prefix is "1-"; it must be letters, digits and underscores, and start with a letter or an underscore',
        "envFrom[4] must be an object (its fields may be Outputs)",
    ],
    [
        {
            mounts: [
                { claim: "a", mountPath: "/tmp/" },
                { claim: "b", mountPath: "/data/../dev/shm" },
                { claim: "c", mountPath: "/" },
                { claim: "d", mountPath: "/tmpfs" },
            ],
        },
        'mounts[0].mountPath is "/tmp"; /tmp is the directory for temporary files: mount it elsewhere, such as at "/data"',
        'mounts[1].mountPath is "/dev/shm"; /dev is the directory of devices, in which resources.sharedMemory is the size of ' +
            'shm: mount it elsewhere, such as at "/data"',
        'mounts[2].mountPath is "/"; it contains /tmp, the directory for temporary files: mount it elsewhere, such as at "/data"',
    ],
];

/** Invalid values of `retry`. */
export const retryScalars: Row[] = ["retry.never[0]", "retry.always[0]"].map((place) => [
    place,
    [0, -1, 256, 1.5, "1"],
    "it must be an integer from 1 to 255",
]);

export const retryCases: Case[] = [
    [{ retry: 3 }, `retry ${object}`],
    [{ retry: { never: 3 } }, `retry.never is 3; ${list}`],
    [{ retry: { always: [undefined] } }, "retry.always[0] is missing; remove the entry or set it to an exit code"],
    [{ retry: { on: [1] } }, "retry.on does not exist; allowed here: never, always"],
];

/** Invalid values of the arguments that all runs have. */
export const runScalars: Row[] = [
    ...workloadScalars,
    ...retryScalars,
    ["retries", [-1, 1.5, 1001, "2", Infinity], "it must be an integer from 0 to 1000"],
    ["timeout", ["", "6", "6 h", "0h", "1m1h", "h", "-1h", "1.5h", "6H", 6], length],
    ["startTimeout", ["", "30", "0s", 30], length],
    ["wait", ["always", "Completion", true], "it must be one of completion, firstRun, never"],
    ["allowFailure", ["yes", 1], "it must be true or false"],
    ["spot", ["yes", 1], "it must be true or false"],
    ["queuePriority", ["High", "", 5], subdomain],
];

export const runCases: Case[] = [
    ...workloadCases,
    ...retryCases,
    [{ triggers: "today" }, `triggers is "today"; ${list}`],
    [{ triggers: [1] }, `triggers[0] is 1; ${nonEmptyString}`],
    [{ triggers: [undefined] }, "triggers[0] is missing; remove the entry or set it to a string"],
];

/** Invalid values of an argument that describes a claim. */
export const claimScalars = (place: string): Row[] => [
    [`${place}.claim`, ["Models", "a_b", ""], subdomain],
    [`${place}.size`, ["10GB", "0", "10m", 10], bytes],
    [`${place}.storageClass`, ["Fast"], subdomain],
    [
        `${place}.accessMode`,
        ["RWO", "ReadOnlyMany", 1],
        "it must be one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany",
    ],
];

export const claimCases = (place: string): Case[] => [
    [{ [place]: "models" }, `${place} ${object}`],
    [{ [place]: { retain: "yes" } }, `${place}.retain is "yes"; it must be true or false, and not an Output`],
    ...Object.entries({ size: "1Gi", storageClass: "fast", accessMode: "ReadWriteMany", retain: false }).map(
        ([field, value]): Case => [
            { [place]: { claim: "models", [field]: value } },
            `${place} sets both claim and fields of a new claim; remove one of them`,
        ],
    ),
];

const onCommandLine = "the command line of a pod is stored in plain text: move it to secretEnv";

export const workloadSecrets: [place: string, fix: string][] = [
    ["env.TOKEN", "move it to secretEnv, which stores it in a Kubernetes Secret"],
    ["command[0]", onCommandLine],
    ["args[0]", onCommandLine],
    ...["labels", "annotations", "podLabels", "podAnnotations"].map((place): [string, string] => [
        `${place}.team`,
        `${/label/i.test(place) ? "labels" : "annotations"} are stored in plain text: use a value that is not secret`,
    ]),
];

export const runSecrets: [place: string, fix: string][] = [
    ...workloadSecrets,
    ["triggers[0]", "the Job stores triggers in plain text: use a value that is not secret, such as a date"],
];

export const workloadMisspelt: [place: string, allowed: string][] = [
    ["workspace.ns", "namespace, queue, serviceAccount, imagePullSecrets"],
    ["resources.gpus", "cpu, memory, sharedMemory"],
    ["gpu.gpus", "count, vendor, product, memory, mig, sharing, resource, deviceClass"],
    ["mounts[0].path", "claim, secret, configMap, ephemeral, image, mountPath, subPath, readOnly"],
    ["envFrom[0].secretRef", "secret, configMap, prefix"],
];

export const workloadAllowed: [place: string, values: unknown[]][] = [
    ["name", ["a", "fraud-2", "f".repeat(43), null, undefined]],
    ["workspace.namespace", ["a", "1", "a".repeat(63)]],
    ["workspace.queue", ["team.a-1"]],
    ["image", [`localhost:5001/a/b@sha256:${"0".repeat(64)}`, `fraud:1@sha256:${"f".repeat(64)}`]],
    ["resources.cpu", ["1", "0.5", "1.125", "1m", "64"]],
    ["resources.memory", ["1", "0.5Gi", ".5Gi", "128974848", "1e9", "100M", "1Ti"]],
    ["gpu", [{}, { count: 8 }, { mig: "1g.10gb+me", count: 2 }, { vendor: "amd", product: "MI300X" }]],
    ["envFrom", [[], [{ secret: "database", prefix: "DB_" }, { configMap: "settings" }]]],
    [
        "mounts",
        [
            [],
            [
                { claim: "a", mountPath: "/a" },
                { claim: "a", mountPath: "/b", subPath: "b/c", readOnly: true },
                { secret: "tls", mountPath: "/etc/tls", readOnly: true },
                { configMap: "settings", mountPath: "/etc/settings.yaml", subPath: "settings.yaml" },
                { ephemeral: { size: "500Gi", storageClass: "nvme" }, mountPath: "/scratch" },
                { image, mountPath: "/weights" },
            ],
        ],
    ],
    ["args[0]", [""]],
    [
        "podLabels",
        [
            {},
            { a: "", "azure.workload.identity/use": "true", [`${"a".repeat(253)}/${"B".repeat(63)}`]: "C".repeat(63) },
            { "app.kubernetes.io/part-of": "fraud", "app.kubernetes.io/named": "x_1.Y-2" },
        ],
    ],
    ["annotations", [{ "example.com/note": "any text, also {} and\nlines", note: "ä".repeat(131_000) }]],
    [
        "podAnnotations",
        [{ "kueue.x-k8s.io/podset-group-name": "a", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" }],
    ],
    ["env.EMPTY", [""]],
    ["workspace.serviceAccount", [null, undefined]],
];
