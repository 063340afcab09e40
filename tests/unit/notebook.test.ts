import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Notebook, NotebookArgs, NotebookEditor } from "../../src";
import { idleProgram } from "../../src/workloads/notebook/idle-shutdown-program";
import { image, otherImage, password, workload } from "../support/arguments";
import { fullNotebookArgs } from "../support/components/notebook";
import { type Properties, Recording, run, RunOptions, Secret, unknownOutput, unknownPaths } from "../support/mocks";
import { keepsOwner, ownerAnnotations } from "../support/ownership";
import { violations } from "../support/pod-security";

/** Adds the UID that the API server would assign. */
function outputs(_type: string, inputs: Properties): Properties {
    return inputs.metadata ? { metadata: { ...(inputs.metadata as object), uid: "4f1f1e0b" } } : {};
}

function notebook(args: Partial<NotebookArgs> = {}, options: RunOptions = {}): Promise<Recording> {
    return run(() => new Notebook("fraud", { ...workload, token: password, ...args }), { outputs, ...options });
}

/** Creates a notebook with a generated token. */
function tokenless(options?: RunOptions): Promise<Recording> {
    return notebook({ token: undefined }, options);
}

function statefulSetOf(recording: Recording): types.output.apps.v1.StatefulSet {
    return recording.resource("fraud-statefulset").inputs as types.output.apps.v1.StatefulSet;
}

const podOf = (recording: Recording) => statefulSetOf(recording).spec.template.spec;
const containerOf = (recording: Recording, index = 0) => podOf(recording).containers[index]!;
const nameOf = (recording: Recording, resource: string): string =>
    (recording.resource(resource).inputs as { metadata: { name: string } }).metadata.name;
const portOf = (recording: Recording): unknown =>
    (recording.resource("fraud-service").inputs as types.output.core.v1.Service).spec.ports[0]!.port;
const ruleOf = (recording: Recording): { backendRefs: unknown; filters?: unknown; timeouts?: unknown } =>
    (recording.resource("fraud-route").inputs as { spec: { rules: [{ backendRefs: unknown }] } }).spec.rules[0];
const names = ({ resources }: Recording): string[] => resources.map(({ name }) => name);

const podLabels = { "app.kubernetes.io/component": "notebook", "app.kubernetes.io/name": "fraud" };
const labels = { ...podLabels, "app.kubernetes.io/managed-by": "pulumi" };
const annotations = ownerAnnotations;
const secured = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true };

/** The default name of the home claim, which contains a hash. */
const homeClaim = "fraud-notebook-home-57e9d5f1";

describe("a Notebook", () => {
    it("creates a StatefulSet, a Service, a home claim, a Secret and a Role for stopping it", async () => {
        const recording = await notebook();
        const secretName = nameOf(recording, "fraud-env");
        assert.match(secretName, /^fraud-notebook-env-[0-9a-f]{8}$/);
        const env = { name: "JUPYTER_TOKEN", valueFrom: { secretKeyRef: { name: secretName, key: "JUPYTER_TOKEN" } } };
        assert.deepEqual(names(recording), [
            "fraud",
            "fraud-account",
            "fraud-binding",
            "fraud-env",
            "fraud-home",
            "fraud-role",
            "fraud-service",
            "fraud-statefulset",
        ]);
        assert.deepEqual(recording.resource("fraud").outputs, {
            url: "http://fraud-notebook.ml.svc.cluster.local:8888",
            token: new Secret(password),
            statefulSetName: "fraud-notebook",
            homeClaim,
        });
        assert.deepEqual(recording.resource("fraud-env"), {
            type: "kubernetes:core/v1:Secret",
            name: "fraud-env",
            parent: "fraud",
            provider: "",
            dependsOn: [],
            propertiesFrom: [],
            options: { additionalSecretOutputs: ["data", "stringData"], ...keepsOwner },
            inputs: {
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: secretName, namespace: "ml", labels, annotations },
                stringData: new Secret({ JUPYTER_TOKEN: password }),
            },
        });
        assert.deepEqual(recording.resource("fraud-home").options, { retainOnDelete: true, ...keepsOwner });
        assert.equal(nameOf(recording, "fraud-home"), homeClaim);
        assert.deepEqual(recording.resource("fraud-service").inputs, {
            apiVersion: "v1",
            kind: "Service",
            metadata: {
                name: "fraud-notebook",
                namespace: "ml",
                labels,
                annotations: { ...annotations, "pulumi.com/skipAwait": "true" },
            },
            spec: {
                type: "ClusterIP",
                selector: podLabels,
                ports: [{ name: "http", port: 8888, targetPort: "http", appProtocol: "http" }],
            },
        });
        assert.deepEqual(recording.resource("fraud-statefulset"), {
            type: "kubernetes:apps/v1:StatefulSet",
            name: "fraud-statefulset",
            parent: "fraud",
            provider: "",
            dependsOn: ["fraud-account", "fraud-binding", "fraud-env", "fraud-home", "fraud-service"],
            propertiesFrom: ["fraud-account", "fraud-env", "fraud-home"],
            options: {
                deleteBeforeReplace: true,
                ...keepsOwner,
                replaceOnChanges: ['metadata.annotations["kubernetes-mlops/triggers"]'],
            },
            inputs: {
                apiVersion: "apps/v1",
                kind: "StatefulSet",
                metadata: {
                    name: "fraud-notebook",
                    namespace: "ml",
                    labels,
                    annotations: { ...annotations, "pulumi.com/waitFor": "jsonpath={.metadata.uid}" },
                },
                spec: {
                    serviceName: "fraud-notebook",
                    selector: { matchLabels: podLabels },
                    podManagementPolicy: "Parallel",
                    template: {
                        metadata: { labels: podLabels },
                        spec: {
                            serviceAccountName: "fraud-notebook",
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            securityContext: {
                                runAsNonRoot: true,
                                fsGroup: 1000,
                                fsGroupChangePolicy: "OnRootMismatch",
                                seccompProfile: { type: "RuntimeDefault" },
                            },
                            containers: [
                                {
                                    name: "main",
                                    image,
                                    command: [
                                        "jupyter",
                                        "lab",
                                        "--ip=0.0.0.0",
                                        "--port=8888",
                                        "--no-browser",
                                        "--ServerApp.root_dir=/home/notebook",
                                    ],
                                    env: [
                                        { name: "HOME", value: "/home/notebook" },
                                        { name: "JUPYTER_RUNTIME_DIR", value: "/tmp/jupyter" },
                                        env,
                                    ],
                                    ports: [{ name: "http", containerPort: 8888 }],
                                    readinessProbe: {
                                        httpGet: { path: "/api", port: "http" },
                                        periodSeconds: 5,
                                        timeoutSeconds: 5,
                                        failureThreshold: 3,
                                    },
                                    resources: {
                                        requests: { cpu: "500m", memory: "1Gi" },
                                        limits: { memory: "1Gi" },
                                    },
                                    securityContext: secured,
                                    terminationMessagePolicy: "FallbackToLogsOnError",
                                    volumeMounts: [
                                        { name: "tmp", mountPath: "/tmp" },
                                        { name: "home", mountPath: "/home/notebook" },
                                    ],
                                },
                                {
                                    name: "idle-shutdown",
                                    image,
                                    command: [
                                        "python3",
                                        "-c",
                                        idleProgram,
                                        "jupyterlab",
                                        "http://localhost:8888",
                                        "7200",
                                        "https://kubernetes.default.svc/apis/apps/v1/namespaces/ml/statefulsets/fraud-notebook/scale",
                                    ],
                                    env: [{ name: "NVIDIA_VISIBLE_DEVICES", value: "void" }, env],
                                    resources: {
                                        requests: { cpu: "10m", memory: "64Mi" },
                                        limits: { memory: "64Mi" },
                                    },
                                    securityContext: secured,
                                    terminationMessagePolicy: "FallbackToLogsOnError",
                                    volumeMounts: [
                                        {
                                            name: "account",
                                            mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
                                            readOnly: true,
                                        },
                                    ],
                                },
                            ],
                            volumes: [
                                { name: "tmp", emptyDir: {} },
                                { name: "home", persistentVolumeClaim: { claimName: homeClaim } },
                                {
                                    name: "account",
                                    projected: {
                                        sources: [
                                            { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
                                            {
                                                configMap: {
                                                    name: "kube-root-ca.crt",
                                                    items: [{ key: "ca.crt", path: "ca.crt" }],
                                                },
                                            },
                                        ],
                                    },
                                },
                            ],
                        },
                    },
                },
            },
        });
    });

    it("allows its own ServiceAccount to scale its StatefulSet", async () => {
        const recording = await notebook();
        const metadata = { name: "fraud-notebook", namespace: "ml", labels, annotations };
        assert.deepEqual(recording.resource("fraud-account").inputs, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata,
            automountServiceAccountToken: false,
        });
        assert.deepEqual(recording.resource("fraud-role").inputs, {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "Role",
            metadata,
            rules: [
                {
                    apiGroups: ["apps"],
                    resources: ["statefulsets/scale"],
                    resourceNames: ["fraud-notebook"],
                    verbs: ["patch"],
                },
            ],
        });
        assert.deepEqual(recording.resource("fraud-binding").inputs, {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "RoleBinding",
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "fraud-notebook" },
            subjects: [{ kind: "ServiceAccount", name: "fraud-notebook", namespace: "ml" }],
        });
    });

    it("allows the workspace's ServiceAccount to scale it, if one is set", async () => {
        const recording = await notebook({ workspace: { namespace: "ml", serviceAccount: "scientist" } });
        assert.ok(!names(recording).includes("fraud-account"));
        assert.deepEqual(recording.resource("fraud-binding").inputs.subjects, [
            { kind: "ServiceAccount", name: "scientist", namespace: "ml" },
        ]);
        const { serviceAccountName, automountServiceAccountToken } = podOf(recording);
        assert.deepEqual(
            { serviceAccountName, automountServiceAccountToken },
            {
                serviceAccountName: "scientist",
                automountServiceAccountToken: true,
            },
        );
    });

    it("has no idle-shutdown container and no Role if it is never stopped", async () => {
        const recording = await notebook({ idleTimeout: "never" });
        assert.deepEqual(names(recording), ["fraud", "fraud-env", "fraud-home", "fraud-service", "fraud-statefulset"]);
        const { containers, serviceAccountName, volumes } = podOf(recording);
        assert.deepEqual(
            [containers.map(({ name }) => name), serviceAccountName, volumes.map(({ name }) => name)],
            [["main"], undefined, ["tmp", "home"]],
        );
    });

    it("runs VS Code with the token as its password", async () => {
        const recording = await notebook({ editor: NotebookEditor.VSCode });
        const { command, env, ports, readinessProbe } = containerOf(recording);
        assert.deepEqual(command, [
            "code-server",
            "--bind-addr",
            "0.0.0.0:8080",
            "--auth",
            "password",
            "--disable-telemetry",
            "--disable-update-check",
            "/home/notebook",
        ]);
        assert.equal(env.at(-1)!.name, "PASSWORD");
        assert.deepEqual(ports, [{ name: "http", containerPort: 8080 }]);
        assert.deepEqual(readinessProbe.httpGet, { path: "/healthz", port: "http" });
        assert.deepEqual(containerOf(recording, 1).command.slice(3, 5), ["vscode", "http://localhost:8080"]);
        assert.deepEqual(containerOf(recording, 1).env, [{ name: "NVIDIA_VISIBLE_DEVICES", value: "void" }]);
        assert.equal(portOf(recording), 8080);
        assert.deepEqual(recording.resource("fraud-env").inputs.stringData, new Secret({ PASSWORD: password }));
        assert.equal(recording.resource("fraud").outputs!.url, "http://fraud-notebook.ml.svc.cluster.local:8080");
    });

    it("runs a custom command, or the editor with more arguments", async () => {
        assert.deepEqual(containerOf(await notebook({ command: ["start.sh"] })).command, ["start.sh"]);
        const { command, args } = containerOf(await notebook({ args: ["--collaborative"] }));
        assert.deepEqual([command[0], args], ["jupyter", ["--collaborative"]]);
    });

    it("stores secretEnv in the Secret of its token, whose name contains a hash", async () => {
        const one = await notebook({ secretEnv: { API_KEY: "a" } });
        assert.deepEqual(
            one.resource("fraud-env").inputs.stringData,
            new Secret({ API_KEY: "a", JUPYTER_TOKEN: password }),
        );
        assert.equal(nameOf(await notebook({ secretEnv: { API_KEY: "a" } }), "fraud-env"), nameOf(one, "fraud-env"));
        assert.notEqual(nameOf(await notebook({ secretEnv: { API_KEY: "b" } }), "fraud-env"), nameOf(one, "fraud-env"));
        assert.notEqual(
            nameOf(await notebook({ secretEnv: { API_KEY: "a" }, token: "another" }), "fraud-env"),
            nameOf(one, "fraud-env"),
        );
    });

    it("uses an existing home claim, and mounts a volume below it", async () => {
        const mounts = [{ claim: "team", mountPath: "/home/notebook/team" }];
        const recording = await notebook({ home: { claim: "mine" }, mounts });
        assert.ok(!names(recording).includes("fraud-home"));
        assert.equal(recording.resource("fraud").outputs!.homeClaim, "mine");
        assert.deepEqual(containerOf(recording).volumeMounts, [
            { name: "tmp", mountPath: "/tmp" },
            { name: "home", mountPath: "/home/notebook" },
            { name: "mount-0", mountPath: "/home/notebook/team" },
        ]);
    });

    it("stores its triggers in an annotation", async () => {
        const { metadata } = statefulSetOf(await notebook({ triggers: ["2024-06-01", "again"], startupTimeout: "1h" }));
        assert.deepEqual(metadata.annotations, {
            ...annotations,
            "kubernetes-mlops/triggers": "2024-06-01, again",
            "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
        });
    });

    it("passes the path of the route to JupyterLab", async () => {
        const route = { gateway: "public", hostnames: ["lab.example.com"], path: "/fraud" };
        const recording = await notebook({ route });
        const rule = ruleOf(recording);
        assert.deepEqual(rule.backendRefs, [{ name: "fraud-notebook", port: 8888 }]);
        assert.equal(rule.filters, undefined);
        assert.deepEqual(rule.timeouts, { request: "1h" });
        assert.equal(containerOf(recording).command.at(-1), "--ServerApp.base_url=/fraud/");
        assert.equal(containerOf(recording).readinessProbe.httpGet.path, "/fraud/api");
        assert.equal(containerOf(recording, 1).command[4], "http://localhost:8888/fraud");
        const { url, publicUrl } = recording.resource("fraud").outputs!;
        assert.deepEqual(
            [url, publicUrl],
            ["http://fraud-notebook.ml.svc.cluster.local:8888/fraud", "https://lab.example.com/fraud"],
        );
    });

    it("sets the timeout of the route", async () => {
        const recording = await notebook({ route: { gateway: "public", timeout: "30s" } });
        assert.deepEqual(ruleOf(recording).timeouts, { request: "30s" });
    });

    it("removes the path of the route for VS Code, which does not know it", async () => {
        const recording = await notebook({
            editor: NotebookEditor.VSCode,
            route: { gateway: "public", path: "/fraud" },
        });
        const rule = ruleOf(recording);
        assert.deepEqual(rule.filters, [
            { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
        ]);
        assert.equal(recording.resource("fraud").outputs!.publicUrl, undefined);
    });

    it("redirects to the path with a trailing slash, because VS Code uses relative links", async () => {
        const route = { gateway: "public", hostnames: ["lab.example.com"] };
        const withRoute = (path?: string) =>
            notebook({ editor: NotebookEditor.VSCode, route: { ...route, ...(path && { path }) } });
        const below = await withRoute("/fraud");
        const root = await withRoute();
        const rulesOf = (recording: Recording) =>
            (recording.resource("fraud-route").inputs as { spec: { rules: unknown[] } }).spec.rules;
        const path = { type: "ReplaceFullPath", replaceFullPath: "/fraud/" };
        assert.deepEqual(rulesOf(below).slice(1), [
            {
                matches: [{ path: { type: "Exact", value: "/fraud" } }],
                filters: [{ type: "RequestRedirect", requestRedirect: { path, statusCode: 302 } }],
            },
        ]);
        assert.equal(below.resource("fraud").outputs!.publicUrl, "https://lab.example.com/fraud/");
        assert.deepEqual(rulesOf(root).slice(1), []);
        assert.equal(root.resource("fraud").outputs!.publicUrl, "https://lab.example.com");
    });

    it("meets the restricted Pod Security Standard with all arguments", async () => {
        const all: Partial<NotebookArgs>[] = [{}, fullNotebookArgs, { gpu: { deviceClass: "gpu.nvidia.com" } }];
        for (const args of all) {
            assert.deepEqual(violations(podOf(await notebook(args))), []);
        }
    });
});

describe("a generated token", () => {
    const expected = createHash("sha256").update('{"uid":"4f1f1e0b"}').digest("hex");

    it("is derived from the UID of an empty Secret, whose metadata is encrypted", async () => {
        const recording = await tokenless();
        assert.deepEqual(recording.resource("fraud-seed"), {
            type: "kubernetes:core/v1:Secret",
            name: "fraud-seed",
            parent: "fraud",
            provider: "",
            dependsOn: [],
            propertiesFrom: [],
            options: { additionalSecretOutputs: ["metadata", "data", "stringData"], ...keepsOwner },
            inputs: {
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: "fraud-notebook-seed", namespace: "ml", labels, annotations },
                immutable: true,
            },
        });
        assert.deepEqual(recording.resource("fraud").outputs!.token, new Secret(expected));
        assert.deepEqual(recording.resource("fraud-env").inputs.stringData, new Secret({ JUPYTER_TOKEN: expected }));
        assert.ok(!recording.plainText.includes(expected));
    });

    it("is the only unknown value in a first preview", async () => {
        const { resources } = await tokenless({ preview: true });
        assert.deepEqual(
            Object.fromEntries(
                resources.map((one) => [one.name, unknownPaths(one)]).filter(([, at]) => at!.length > 0),
            ),
            { fraud: ["outputs.token"], "fraud-env": ["inputs.stringData"] },
        );
    });

    it("cannot be generated without a UID from the API server", async () => {
        await assert.rejects(tokenless({ outputs: () => ({}) }), {
            message: 'Notebook "fraud": the API server returned no UID to generate a token from; set token',
        });
    });
});

describe("a preview of a Notebook", () => {
    it("has no unknown values if all arguments are known", async () => {
        const { resources } = await notebook({}, { preview: true });
        assert.deepEqual(resources.flatMap(unknownPaths), []);
        assert.deepEqual(resources, (await notebook()).resources);
    });

    const container = "inputs.spec.template.spec.containers";
    const previews: [what: string, args: () => Partial<NotebookArgs>, unknown: Record<string, string[]>][] = [
        [
            "an unknown image",
            () => ({ image: unknownOutput() }),
            { "fraud-statefulset": [`${container}[0].image`, `${container}[1].image`] },
        ],
        [
            "an unknown path",
            () => ({ route: { gateway: "public", path: unknownOutput() } }),
            {
                fraud: ["outputs.url"],
                "fraud-route": ["inputs.spec.rules[0].filters", "inputs.spec.rules[0].matches[0].path.value"],
                "fraud-statefulset": [
                    `${container}[0].command[6]`,
                    `${container}[0].readinessProbe.httpGet.path`,
                    `${container}[1].command[4]`,
                ],
            },
        ],
        [
            "unknown triggers",
            () => ({ triggers: [unknownOutput()] }),
            { "fraud-statefulset": ["inputs.metadata.annotations.kubernetes-mlops/triggers"] },
        ],
    ];
    for (const [what, args, expected] of previews) {
        it(`shows everything that does not depend on ${what}`, async () => {
            const { resources } = await notebook(args(), { preview: true });
            const found = resources.map((one): [string, string[]] => [one.name, unknownPaths(one)]);
            assert.deepEqual(Object.fromEntries(found.filter(([, at]) => at.length > 0)), expected);
        });
    }

    it("is the same with Outputs instead of plain values", async () => {
        const given = { image: pulumi.output(otherImage), workspace: { namespace: pulumi.output("ml") } };
        assert.deepEqual(statefulSetOf(await notebook(given)), statefulSetOf(await notebook({ image: otherImage })));
    });
});
