import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";

import type { WorkloadArgs } from "../../src";
import { buildOutputVolume } from "../../src/pod/model-volume";
import { PodDetails, buildPodTemplate } from "../../src/pod/pod-template";
import { image, password, workload } from "../support/arguments";

type PodTemplateSpec = types.output.core.v1.PodTemplateSpec;

const labels = { "app.kubernetes.io/name": "fraud" };

/** Returns the pod without undefined fields, as it is sent to the API server. */
function pod(args: Partial<WorkloadArgs> = {}, details: Partial<PodDetails> = {}): PodTemplateSpec {
    const template = buildPodTemplate({ ...workload, ...args }, { labels, ...details });
    return JSON.parse(JSON.stringify(template)) as PodTemplateSpec;
}

function container(args: Partial<WorkloadArgs> = {}, details: Partial<PodDetails> = {}) {
    const { containers } = pod(args, details).spec;
    assert.equal(containers.length, 1);
    return containers[0]!;
}

describe("the pod of a workload", () => {
    it("with the required arguments", () => {
        assert.deepEqual(pod(), {
            metadata: { labels },
            spec: {
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
                        env: [{ name: "HOME", value: "/tmp" }],
                        resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "1Gi" } },
                        securityContext: {
                            allowPrivilegeEscalation: false,
                            capabilities: { drop: ["ALL"] },
                            readOnlyRootFilesystem: true,
                        },
                        terminationMessagePolicy: "FallbackToLogsOnError",
                        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
                    },
                ],
                volumes: [{ name: "tmp", emptyDir: {} }],
            },
        });
    });

    const specs: [what: string, args: Partial<WorkloadArgs>, expected: object][] = [
        [
            "a service account, whose token is then mounted",
            { workspace: { namespace: "ml", serviceAccount: "trainer" } },
            { serviceAccountName: "trainer", automountServiceAccountToken: true },
        ],
        [
            "image pull secrets",
            { workspace: { namespace: "ml", imagePullSecrets: ["a", "b"] } },
            { imagePullSecrets: [{ name: "a" }, { name: "b" }] },
        ],
        ["a user", { runAsUser: 1234 }, { securityContext: { ...pod().spec.securityContext, runAsUser: 1234 } }],
        ["a patch", { podSpec: { nodeSelector: { disk: "fast" } } }, { nodeSelector: { disk: "fast" } }],
        ["a patch that removes a field", { podSpec: { volumes: null } }, { volumes: undefined }],
        [
            "a patch of one more container",
            { podSpec: { containers: [{ name: "proxy" }] } },
            { containers: [container(), { name: "proxy" }] },
        ],
    ];
    for (const [what, args, expected] of specs) {
        it(`with ${what}`, () => {
            const { metadata, spec } = pod();
            assert.deepEqual(pod(args), JSON.parse(JSON.stringify({ metadata, spec: { ...spec, ...expected } })));
        });
    }

    const containers: [what: string, args: Partial<WorkloadArgs>, expected: object][] = [
        [
            "a command and its arguments",
            { command: ["python"], args: ["-c", ""] },
            { command: ["python"], args: ["-c", ""] },
        ],
        [
            "resources, without a CPU limit",
            { resources: { cpu: "4", memory: "16Gi" } },
            {
                resources: {
                    requests: { cpu: "4", memory: "16Gi" },
                    limits: { memory: "16Gi" },
                },
            },
        ],
        [
            "a writable root filesystem",
            { readOnlyRootFilesystem: false },
            { securityContext: { ...container().securityContext, readOnlyRootFilesystem: false } },
        ],
        [
            "variables, in the given order",
            { env: { Z: "1", A: "2" } },
            {
                env: [
                    { name: "HOME", value: "/tmp" },
                    { name: "Z", value: "1" },
                    { name: "A", value: "2" },
                ],
            },
        ],
        ["a HOME of the user's own", { env: { HOME: "/work" } }, { env: [{ name: "HOME", value: "/work" }] }],
        [
            "variables of existing Secrets and ConfigMaps",
            { envFrom: [{ secret: "database", prefix: "DB_" }, { configMap: "settings" }] },
            {
                envFrom: [{ prefix: "DB_", secretRef: { name: "database" } }, { configMapRef: { name: "settings" } }],
            },
        ],
        [
            "a patch of the container by its name",
            { podSpec: { containers: [{ name: "main", tty: true, resources: { limits: { memory: null } } }] } },
            { tty: true, resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: {} } },
        ],
        [
            "a patch of one variable",
            { podSpec: { containers: [{ name: "main", env: [{ name: "NODE", valueFrom: { fieldRef: {} } }] }] } },
            {
                env: [
                    { name: "HOME", value: "/tmp" },
                    { name: "NODE", valueFrom: { fieldRef: {} } },
                ],
            },
        ],
    ];
    for (const [what, args, expected] of containers) {
        it(`with ${what}`, () => assert.deepEqual(container(args), { ...container(), ...expected }));
    }

    it("takes secret variables from a Secret, also those that override another variable", () => {
        const args = { env: { LEVEL: "debug" }, secretEnv: { TOKEN: password, PORT: password } };
        assert.deepEqual(container(args, { env: { PORT: "8080" }, secretName: "fraud-env" }).env, [
            { name: "HOME", value: "/tmp" },
            { name: "LEVEL", value: "debug" },
            { name: "TOKEN", valueFrom: { secretKeyRef: { name: "fraud-env", key: "TOKEN" } } },
            { name: "PORT", valueFrom: { secretKeyRef: { name: "fraud-env", key: "PORT" } } },
        ]);
    });

    it("mounts a model in addition to the writable directory", () => {
        const volumes = [buildOutputVolume("models", "fraud-1")];
        assert.deepEqual(container({}, { volumes }).volumeMounts, [
            { name: "tmp", mountPath: "/tmp" },
            { name: "model", mountPath: "/model", subPathExpr: "fraud-1" },
        ]);
        assert.deepEqual(pod({}, { volumes }).spec.volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "model", persistentVolumeClaim: { claimName: "models" } },
        ]);
    });

    it("mounts Secrets, ConfigMaps, ephemeral volumes and images", () => {
        const mounts = [
            { secret: "tls", mountPath: "/etc/tls" },
            { configMap: "settings", mountPath: "/etc/settings.yaml", subPath: "settings.yaml" },
            { ephemeral: { size: "500Gi", storageClass: "nvme" }, mountPath: "/scratch" },
            { image, mountPath: "/weights" },
        ];
        const spec = {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "nvme",
            resources: { requests: { storage: "500Gi" } },
        };
        assert.deepEqual(pod({ mounts }).spec.volumes.slice(1), [
            { name: "mount-0", secret: { secretName: "tls" } },
            { name: "mount-1", configMap: { name: "settings" } },
            { name: "mount-2", ephemeral: { volumeClaimTemplate: { spec } } },
            { name: "mount-3", image: { reference: image, pullPolicy: "IfNotPresent" } },
        ]);
        assert.deepEqual(container({ mounts }).volumeMounts.slice(1), [
            { name: "mount-0", mountPath: "/etc/tls", readOnly: true },
            { name: "mount-1", mountPath: "/etc/settings.yaml", subPath: "settings.yaml", readOnly: true },
            { name: "mount-2", mountPath: "/scratch" },
            { name: "mount-3", mountPath: "/weights", readOnly: true },
        ]);
    });

    it("merges podSpec into the fields of the kind of workload", () => {
        const details = { spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 30 } };
        const { spec } = pod({ podSpec: { terminationGracePeriodSeconds: 60 } }, details);
        assert.equal(spec.restartPolicy, "Never");
        assert.equal(spec.terminationGracePeriodSeconds, 60);
    });
});
