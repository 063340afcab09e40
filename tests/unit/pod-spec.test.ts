/** What `podSpec` refuses, and how it is merged into the pod of a workload. */
import { strict as assert } from "node:assert";
import { inspect } from "node:util";

import * as pulumi from "@pulumi/pulumi";

import { TrainingJob } from "../../src";
import type { Problems } from "../../src/arguments/rules";
import { mergePodSpec } from "../../src/pod/patch";
import { podSpecRule } from "../../src/pod/pod-spec-rule";
import { workload } from "../support/arguments";
import { errorsOf, run } from "../support/mocks";

/** Returns what is wrong with a podSpec. */
function problemsIn(podSpec: unknown): string[] {
    const lines: string[] = [];
    const line = (path: string, problem: string) => `${path} ${problem}`;
    const problems: Problems = { line, add: (path, problem) => void lines.push(line(path, problem)) };
    podSpecRule(podSpec, "podSpec", problems);
    return lines;
}

const main = (fields: object) => ({ containers: [{ name: "main", ...fields }] });
const missing = (path: string) => `${path} does not exist in Kubernetes 1.36;`;

const cycle: Record<string, unknown> = {};
cycle.nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [{ preference: cycle }] };
const ownCycle: Record<string, unknown> = { name: "main" };
ownCycle.securityContext = ownCycle;

describe("a podSpec is refused", () => {
    const refused: [podSpec: unknown, ...problems: string[]][] = [
        [{ priorityClass: "high" }, `${missing("podSpec.priorityClass")} did you mean priorityClassName?`],
        [{ toleration: [] }, `${missing("podSpec.toleration")} did you mean tolerations?`],
        [{ node_selector: {} }, `${missing("podSpec.node_selector")} did you mean nodeSelector?`],
        [
            { gracePeriodSeconds: 5 },
            `${missing("podSpec.gracePeriodSeconds")} did you mean terminationGracePeriodSeconds?`,
        ],
        [
            { metadata: { labels: {} } },
            `${missing("podSpec.metadata")} the labels and annotations of pods are podLabels and podAnnotations`,
        ],
        [{ spec: {} }, `${missing("podSpec.spec")} podSpec is the spec itself: move the fields of this one up`],
        [
            { env: [] },
            `${missing("podSpec.env")} it is a field of containers: set it in containers: [{ name: "main", env: … }]`,
        ],
        [main({ envfrom: [] }), `${missing("podSpec.containers[0].envfrom")} did you mean envFrom?`],
        [
            main({ resources: { limit: { cpu: "1" }, request: {} } }),
            `${missing("podSpec.containers[0].resources.limit")} did you mean limits?`,
            `${missing("podSpec.containers[0].resources.request")} did you mean requests?`,
        ],
        [
            { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { terms: [] } } } },
            `${missing("podSpec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.terms")} did you mean nodeSelectorTerms?`,
        ],
        [
            { volumes: [{ name: "a", ephemeral: { volumeClaimTemplate: { spec: { storageClass: "fast" } } } }] },
            `${missing("podSpec.volumes[0].ephemeral.volumeClaimTemplate.spec.storageClass")} did you mean storageClassName?`,
        ],
        [
            { tolerations: [{ key: "a", xyz: 1 }] },
            `${missing("podSpec.tolerations[0].xyz")} allowed here: effect, key, operator, tolerationSeconds, value`,
        ],
        [
            JSON.parse('{ "__proto__": {}, "constructor": {} }'),
            `${missing("podSpec.__proto__")} ${problemsIn({ xyz: 1 })[0]!.split("; ")[1]}`,
            `${missing("podSpec.constructor")} ${problemsIn({ xyz: 1 })[0]!.split("; ")[1]}`,
        ],
        ["nodeSelector", "podSpec must be an object (its fields may be Outputs)"],
        [[], "podSpec must be an object (its fields may be Outputs)"],
        [new Date(), "podSpec must be an object (its fields may be Outputs)"],
        [{ nodeSelector: "disk=fast" }, 'podSpec.nodeSelector is "disk=fast"; it must be a plain object'],
        [{ nodeSelector: { gpu: true } }, "podSpec.nodeSelector.gpu is true; it must be a string"],
        [{ nodeSelector: new Map() }, "podSpec.nodeSelector is an object; it must be a plain object"],
        [{ tolerations: { key: "a" } }, "podSpec.tolerations is an object; it must be a list"],
        [{ tolerations: ["a"] }, 'podSpec.tolerations[0] is "a"; it must be a plain object'],
        [{ tolerations: [null] }, "podSpec.tolerations[0] is missing; remove the entry or set it to a value"],
        // eslint-disable-next-line no-sparse-arrays -- a hole is what is tried.
        [{ tolerations: [, { key: "a" }] }, "podSpec.tolerations[0] is missing; remove the entry or set it to a value"],
        [
            { hostNetwork: "true", terminationGracePeriodSeconds: "30", priority: NaN },
            'podSpec.hostNetwork is "true"; it must be true or false',
            'podSpec.terminationGracePeriodSeconds is "30"; it must be a number',
            "podSpec.priority is NaN; it must be a number",
        ],
        [main({ env: [{ name: "A", value: 5 }] }), "podSpec.containers[0].env[0].value is 5; it must be a string"],
        [
            main({ resources: { limits: { cpu: true } } }),
            "podSpec.containers[0].resources.limits.cpu is true; it must be a string or a number",
        ],
        [main({ command: "python" }), 'podSpec.containers[0].command is "python"; it must be a list'],
        [{ schedulerName: () => "a" }, "podSpec.schedulerName is a function; it must be a string"],
        [
            { affinity: cycle },
            "podSpec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference contains itself; remove the cycle",
        ],
        [{ containers: [ownCycle] }, "podSpec.containers[0].securityContext contains itself; remove the cycle"],
        [
            { containers: [{ image: "a" }] },
            'podSpec.containers[0].name is missing; set it: "main" patches the container of the workload',
        ],
        [
            main({ volumeMounts: [{ name: "tmp" }] }),
            "podSpec.containers[0].volumeMounts[0].mountPath is missing; set it: entries are merged by it",
        ],
        [
            { containers: [{ name: "main" }, { name: "main" }] },
            "podSpec.containers[1] has the same name as podSpec.containers[0]; merge them into one entry",
        ],
        [
            main({
                volumeMounts: [
                    { name: "a", mountPath: "/a" },
                    { name: "b", mountPath: "/a/" },
                ],
            }),
            "podSpec.containers[0].volumeMounts[1] has the same mountPath as podSpec.containers[0].volumeMounts[0]; merge them into one entry",
        ],
        [
            { volumes: [{ name: pulumi.output("a") }] },
            "podSpec.volumes[0].name is an Output; it must be a plain value, because entries are merged by it",
        ],
        [
            { volumes: [pulumi.output({ name: "a" })] },
            "podSpec.volumes[0] is an Output; it must be a plain value, because entries are merged by name",
        ],
    ];
    for (const [podSpec, ...problems] of refused) {
        it(inspect(podSpec, { depth: 4, breakLength: Infinity }), () =>
            assert.deepEqual(problemsIn(podSpec), problems),
        );
    }

    it("with a wrong Output, once it is known, and without the value of a secret", async () => {
        const podSpec = {
            affinity: pulumi.output({ podAffinitty: {} }),
            nodeSelector: { zone: pulumi.output(5) },
            hostname: pulumi.secret(7),
        };
        const { errors } = await errorsOf(() =>
            run(() => new TrainingJob("fraud", { ...workload, podSpec }), { preview: true }),
        );
        assert.deepEqual([...new Set(errors)].sort(), [
            'TrainingJob "fraud": podSpec.affinity.podAffinitty does not exist in Kubernetes 1.36; did you mean podAffinity?',
            'TrainingJob "fraud": podSpec.hostname is a secret, whose value is not shown; it must be a string',
            'TrainingJob "fraud": podSpec.nodeSelector.zone is 5; it must be a string',
        ]);
    });
});

describe("a podSpec is accepted", () => {
    const accepted: unknown[] = [
        {},
        null,
        undefined,
        Object.assign(Object.create(null), { hostNetwork: true }),
        { hostNetwork: undefined, xyz: undefined, volumes: null },
        main({ resources: { limits: { cpu: 2, memory: null }, requests: { "example.com/gpu": "1" } } }),
        main({
            ports: [
                { containerPort: 53, protocol: "TCP" },
                { containerPort: 53, protocol: "UDP" },
            ],
        }),
        main({ livenessProbe: { tcpSocket: { port: "http" } }, command: ["a", "a"] }),
        { containers: pulumi.output([{ name: "main" }]), tolerations: [pulumi.output({ key: "a" })] },
    ];
    for (const podSpec of accepted) {
        it(inspect(podSpec, { depth: 4 }), () => assert.deepEqual(problemsIn(podSpec), []));
    }
});

describe("a podSpec", () => {
    const gpu = { key: "nvidia.com/gpu.product", operator: "In", values: ["A"] };
    const zone = (value: string) => ({ key: "zone", operator: "In", values: [value] });
    const nodes = (...nodeSelectorTerms: object[]) => ({
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    });
    const tmp = { name: "tmp", mountPath: "/tmp" };

    const merged: [what: string, base: object, patch: object, expected: object][] = [
        ["without fields changes nothing", { hostNetwork: true }, {}, { hostNetwork: true }],
        ["adds a field", { subdomain: "a" }, { hostname: "b" }, { subdomain: "a", hostname: "b" }],
        ["replaces a value", { hostname: "a" }, { hostname: "b" }, { hostname: "b" }],
        [
            "merges objects",
            { securityContext: { fsGroup: 1, runAsNonRoot: true } },
            { securityContext: { fsGroup: 2, runAsUser: 3 } },
            { securityContext: { fsGroup: 2, runAsNonRoot: true, runAsUser: 3 } },
        ],
        [
            "removes what it sets to null, at any depth",
            { hostname: "a", securityContext: { fsGroup: 1, runAsUser: 2 } },
            { hostname: null, securityContext: { fsGroup: null }, dnsConfig: { options: null } },
            { securityContext: { runAsUser: 2 }, dnsConfig: {} },
        ],
        [
            "appends tolerations",
            { tolerations: [{ key: "gpu" }] },
            { tolerations: [{ key: "spot" }] },
            { tolerations: [{ key: "gpu" }, { key: "spot" }] },
        ],
        ["adds tolerations", {}, { tolerations: [{ key: "spot" }] }, { tolerations: [{ key: "spot" }] }],
        [
            "requires of a node what the component requires, too",
            nodes({ matchExpressions: [gpu] }),
            nodes({ matchExpressions: [zone("a")] }, { matchExpressions: [zone("b")], matchFields: [zone("c")] }),
            nodes(
                { matchExpressions: [gpu, zone("a")] },
                { matchExpressions: [gpu, zone("b")], matchFields: [zone("c")] },
            ),
        ],
        ["requires of a node what it says", {}, nodes({ matchExpressions: [gpu] }), nodes({ matchExpressions: [gpu] })],
        [
            "merges containers by name, whatever their order, and appends new ones",
            {
                containers: [
                    { name: "main", image: "a" },
                    { name: "idle", image: "b" },
                ],
            },
            { containers: [{ name: "proxy" }, { name: "idle", tty: true }, { name: "main", image: "c" }] },
            { containers: [{ name: "main", image: "c" }, { name: "idle", image: "b", tty: true }, { name: "proxy" }] },
        ],
        [
            "merges mounts by path: a second mount of a volume does not move the first",
            main({ volumeMounts: [tmp] }),
            main({ volumeMounts: [{ name: "tmp", mountPath: "/scratch", subPath: "s" }] }),
            main({ volumeMounts: [tmp, { name: "tmp", mountPath: "/scratch", subPath: "s" }] }),
        ],
        [
            "puts another volume in the place of one",
            main({ volumeMounts: [tmp] }),
            main({ volumeMounts: [{ name: "fast", mountPath: "/tmp/" }] }),
            main({ volumeMounts: [{ name: "fast", mountPath: "/tmp/" }] }),
        ],
        [
            "gives a volume another source",
            { volumes: [{ name: "tmp", emptyDir: {} }] },
            {
                volumes: [
                    { name: "tmp", hostPath: { path: "/a" } },
                    { name: "b", emptyDir: {} },
                ],
            },
            {
                volumes: [
                    { name: "tmp", hostPath: { path: "/a" } },
                    { name: "b", emptyDir: {} },
                ],
            },
        ],
        [
            "merges into the source of a volume",
            { volumes: [{ name: "tmp", emptyDir: { medium: "Memory" } }] },
            { volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1Gi" } }] },
            { volumes: [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } }] },
        ],
        [
            "takes a variable from elsewhere",
            main({
                env: [
                    { name: "HOME", value: "/tmp" },
                    { name: "A", value: "1" },
                ],
            }),
            main({ env: [{ name: "HOME", valueFrom: { fieldRef: { fieldPath: "a" } } }] }),
            main({
                env: [
                    { name: "HOME", valueFrom: { fieldRef: { fieldPath: "a" } } },
                    { name: "A", value: "1" },
                ],
            }),
        ],
        [
            "probes in another way",
            main({ livenessProbe: { httpGet: { port: 1 }, periodSeconds: 5 } }),
            main({ livenessProbe: { exec: { command: ["a"] } } }),
            main({ livenessProbe: { exec: { command: ["a"] }, periodSeconds: 5 } }),
        ],
        [
            "merges ports by number and protocol",
            main({ ports: [{ name: "http", containerPort: 80 }] }),
            main({
                ports: [
                    { containerPort: 80, protocol: "TCP" },
                    { containerPort: 80, protocol: "UDP" },
                ],
            }),
            main({
                ports: [
                    { name: "http", containerPort: 80, protocol: "TCP" },
                    { containerPort: 80, protocol: "UDP" },
                ],
            }),
        ],
        [
            "replaces lists of strings",
            main({ securityContext: { capabilities: { drop: ["ALL"] } } }),
            main({ securityContext: { capabilities: { drop: ["NET_RAW"] } } }),
            main({ securityContext: { capabilities: { drop: ["NET_RAW"] } } }),
        ],
        [
            "is merged into Outputs",
            { containers: pulumi.output([{ name: "main", volumeMounts: [tmp] }]) },
            main({ tty: true }),
            main({ volumeMounts: [tmp], tty: true }),
        ],
        [
            "is merged by a path that is an Output",
            main({ volumeMounts: [{ name: "a", mountPath: pulumi.output("/a") }] }),
            main({ volumeMounts: [{ name: "a", mountPath: "/a", readOnly: true }] }),
            main({ volumeMounts: [{ name: "a", mountPath: "/a", readOnly: true }] }),
        ],
        [
            "of Outputs is merged, too",
            { containers: [{ name: "main", image: "a" }], nodeSelector: { a: "1" }, hostname: "a", subdomain: "b" },
            {
                containers: pulumi.output([{ name: "main", tty: true }]),
                nodeSelector: pulumi.output({ b: "2" }),
                hostname: pulumi.output("c"),
                subdomain: pulumi.output(null),
            },
            {
                containers: [{ name: "main", image: "a", tty: true }],
                nodeSelector: { a: "1", b: "2" },
                hostname: "c",
                subdomain: null,
            },
        ],
    ];
    for (const [what, base, patch, expected] of merged) {
        it(what, async () => {
            const before = inspect(base, { depth: 9 });
            const result = await new Promise((resolve) => pulumi.output(mergePodSpec(base, patch)).apply(resolve));
            assert.deepEqual(result, expected);
            assert.equal(inspect(base, { depth: 9 }), before, "the base itself has changed");
        });
    }
});
