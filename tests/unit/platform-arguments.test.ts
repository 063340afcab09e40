/** Every invalid argument of Addon and Platform, and the exact line of its error. */
import * as assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { Addon, type AddonArgs, Platform, type PlatformArgs } from "../../src";
import { directoryWith } from "../support/directories";
import { run } from "../support/mocks";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is wrong has types of all kinds.
type Args = any;

/** Returns the lines of the error, without the component and its name; nothing has been registered. */
async function linesOf(component: "Addon" | "Platform", args: Args): Promise<string[]> {
    let error: unknown;
    const { resources } = await run(() => {
        try {
            const classes = { Addon, Platform };
            new classes[component]("test", args as never);
        } catch (thrown) {
            error = thrown;
        }
    });
    assert.ok(error instanceof pulumi.RunError, "no error of the kind that Pulumi shows without a stack trace");
    assert.deepEqual(resources, []);
    return error.message.split("\n").map((line) => line.replace(`${component} "test": `, ""));
}

const text = "it must be a non-empty string";
const truth = "it must be true or false";
const label = "it must be at most 63 lowercase letters, digits and hyphens, and start and end with a letter or digit";
const plain = "is an Output; a chart is rendered in the preview, so it must be a plain value";
const chart = { chart: "kueue", repository: "oci://example.com", version: "1.0.0" };
const empty = directoryWith({});
/** Every part of KServe for language models except for its controller. */
const withKserve = directoryWith({
    "kserve-crd-v0.20.0.tgz": "",
    "kserve-runtime-configs-v0.20.0.tgz": "",
    "kserve-resources-v0.20.0.tgz": "",
    "kserve-llmisvc-crd-v0.20.0.tgz": "",
    "llm-d-router-v0.9.0.yaml": "",
});

const addons: [object, ...string[]][] = [
    [
        {},
        'charts is missing; give at least one, for example [{ chart: "kueue", repository: "oci://…", version: "0.19.2" }]',
        "namespace is missing; give the namespace to install it in",
    ],
    [{ charts: [chart], namespace: "A" }, `namespace is "A"; ${label}`],
    [{ charts: [{}], namespace: "a" }, "charts[0].chart is missing; give the name of the chart, or its directory"],
    [
        { charts: [{ chart: "a", repository: "oci://b" }], namespace: "a" },
        "charts[0].version is missing; give the exact version, as another one would be installed without notice",
    ],
    [{ charts: [{ ...chart, chart: pulumi.output("a") }], namespace: "a" }, `charts[0].chart ${plain}`],
    [{ charts: [{ ...chart, release: "A" }], namespace: "a" }, `charts[0].release is "A"; ${label}`],
    [
        { charts: [{ ...chart, values: "a" }], namespace: "a" },
        "charts[0].values must be an object (its fields may be Outputs)",
    ],
    [{ charts: [chart], namespace: "a", createNamespace: "no" }, `createNamespace is "no"; ${truth}`],
    [{ charts: [chart], namespace: "a", privileged: 1 }, `privileged is 1; ${truth}`],
    [
        { charts: [chart], namespace: "a", caInjector: "me" },
        'caInjector is "me"; it must be one of none, controller, cert-manager',
    ],
    [{ charts: [chart], namespace: "a", webhooks: [""] }, `webhooks[0] is ""; ${text}`],
    [{ charts: [chart], namespace: "a", objects: ["a"] }, "objects[0] must be an object (its fields may be Outputs)"],
    [
        { charts: [chart], namespace: "a", mirror: { image: "a" } },
        "mirror.image does not exist; allowed here: charts, images, registries, plainHttp",
    ],
    [
        { charts: [chart], namespace: "a", mirror: { charts: empty } },
        `mirror.charts does not contain kueue-1.0.0.tgz; download it: helm pull oci://example.com/kueue --version 1.0.0 --destination ${empty}`,
    ],
];

const platforms: [object, ...string[]][] = [
    [{ profile: "some" }, 'profile is "some"; it must be one of none, training, serving, full'],
    [{ availability: "low" }, 'availability is "low"; it must be one of single, high'],
    [{ footprint: "big" }, 'footprint is "big"; it must be one of standard, small'],
    [{ untestedKubernetes: "yes" }, `untestedKubernetes is "yes"; ${truth}`],
    [{ profile: pulumi.output("full") }, `profile ${plain}`],
    [{ addons: { kueue: true } }, "addons.kueue must be an object (its fields may be Outputs)"],
    [{ addons: { kueue: { enabled: "no" } } }, `addons.kueue.enabled is "no"; ${truth}`],
    [{ addons: { kueue: { existing: 1 } } }, `addons.kueue.existing is 1; ${truth}`],
    [{ addons: { kueue: { namespace: "A" } } }, `addons.kueue.namespace is "A"; ${label}`],
    [
        { addons: { kueue: { version: "latest" } } },
        'addons.kueue.version is "latest"; it must be an exact version, for example "1.2.3"',
    ],
    [{ addons: { kueue: { fairSharing: pulumi.output(true) } } }, `addons.kueue.fairSharing ${plain}`],
    [
        { addons: { kueue: { waitForPodsReady: { timeout: pulumi.output("5m") } } } },
        `addons.kueue.waitForPodsReady.timeout ${plain}`,
    ],
    [
        { addons: { kueue: { frameworks: ["deployment"] } } },
        'addons.kueue.frameworks has "deployment" but not "pod", which it requires; add "pod"',
    ],
    [
        { addons: { kserve: {}, certManager: { enabled: false } } },
        "addons.certManager.enabled is false, but kserve requires it; remove it, or disable kserve",
    ],
    [
        { addons: { kserve: { llm: true, namespace: "models" } } },
        'addons.kserve.namespace is "models", but with llm it must be "kserve", which the CRDs of upstream refer to; remove it',
    ],
    [
        {
            addons: {
                kserve: { llm: true },
                certManager: { existing: true },
                gatewayApi: { existing: true },
                inferenceExtension: { existing: true },
            },
            mirror: { charts: withKserve },
        },
        `mirror.charts does not contain kserve-llmisvc-resources-v0.20.0.tgz; download it: helm pull oci://ghcr.io/kserve/charts/kserve-llmisvc-resources --version v0.20.0 --destination ${withKserve}`,
    ],
    [
        { addons: { kueue: {} }, mirror: { charts: empty } },
        `mirror.charts does not contain kueue-0.19.2.tgz; download it: helm pull oci://registry.k8s.io/kueue/charts/kueue --version 0.19.2 --destination ${empty}`,
    ],
];

it("the arguments of Platform and Addon take the strings of enums as the documentation shows them", () => {
    // The compiler is the test (npm run lint).
    ({
        profile: "training",
        availability: "high",
        footprint: "small",
        addons: { kserve: { mode: "Standard" }, gpuOperator: { migStrategy: "mixed" }, kyverno: { action: "Deny" } },
    }) satisfies PlatformArgs;
    ({ charts: [{ chart: "./charts/a" }], namespace: "a", caInjector: "cert-manager" }) satisfies AddonArgs;
    // @ts-expect-error -- there is no such availability.
    ({ availability: "none" }) satisfies PlatformArgs;
});

for (const [component, table] of Object.entries({ Addon: addons, Platform: platforms })) {
    describe(`an invalid argument of ${component}`, () => {
        for (const [args, ...lines] of table) {
            it(lines[0]!.slice(0, 100), async () => {
                assert.deepEqual(await linesOf(component as "Addon" | "Platform", args), lines);
            });
        }
    });
}

it("the error for an unknown add-on lists the known ones", async () => {
    const [line] = await linesOf("Platform", { addons: { ingressNginx: {} } });
    assert.match(line!, /^addons\.ingressNginx does not exist; allowed here: certManager, externalSecrets, kyverno, /);
});

it("values of a chart may be Outputs", async () => {
    const { resources } = await run(
        () => new Platform("test", { addons: { kueue: { values: { a: pulumi.output("b") } } } }),
    );
    assert.match(JSON.stringify(resources.find(({ name }) => name === "test-kueue:kueue")!.inputs), /mlops-output-/);
});
