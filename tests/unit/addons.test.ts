import { strict as assert } from "node:assert";

import { boolean } from "../../src/arguments/formats";
import { object, type Problems } from "../../src/arguments/rules";
import { type Catalog, catalog } from "../../src/platform/addon-catalog";
import type { MlflowArgs } from "../../src/platform/addons/mlflow";
import type { ChartSource, Definition, KubernetesObject, Values } from "../../src/platform/catalog/definition";
import { addonNames, type AddonName } from "../../src/platform/catalog/names";
import type { PlatformAddonArgs } from "../../src/platform/catalog/platform-addon-args";
import { plan, type PlannedAddon } from "../../src/platform/plan";
import { preflightValues } from "../../src/platform/preflight";
import { chartArgs, mainChartVersion, crdVersions, chartSources } from "../../src/platform/rendering/charts";
import { samples } from "../support/addon-arguments";
import { type PodSpec, violations } from "../support/pod-security";
import { itUnless, unchecked } from "../support/unchecked";
import * as upstream from "../support/upstream";
import type { UpstreamCrd } from "../support/upstream-crds";

/** Charts that index.json does not name, because they come from other places than the rest of their add-on. */
const otherCharts: Partial<Record<AddonName, { name: string; version: string; repositories: string[]; why: string }>> =
    {
        gatewayApi: {
            name: "gateway-crds-helm",
            version: "v1.9.0",
            repositories: ["oci://docker.io/envoyproxy/gateway-crds-helm"],
            why: "the Gateway API publishes no chart, and Envoy Gateway publishes one of its CRDs",
        },
    };

/** Which CRDs a chart installs, where these are not exactly those in the folder. */
const otherCrds: Partial<Record<AddonName, { not?: RegExp; also?: Record<string, string[]>; why: string }>> = {
    nodeFeatureDiscovery: { not: /^noderesourcetopologies\./, why: "the topology updater is off, and its CRD with it" },
    kserve: {
        not: /^localmodel/,
        also: { "inferencemodelrewrites.llm-d.ai": ["v1alpha2"], "inferenceobjectives.llm-d.ai": ["v1alpha2"] },
        why: "the chart of local models is not installed, and the endpoint picker uses CRDs of another project",
    },
};

/** Maps that have keys by default and accept any other, by chart. */
const freeForm: Record<string, Record<string, string>> = {
    "kube-prometheus-stack": { "grafana.grafana.ini": "the sections and settings of Grafana's own configuration" },
    mlflow: {
        podSecurityContext: "put into the pod as it is",
    },
};

/** Values of a different type than upstream's default, by chart. */
const otherType: Record<string, Record<string, string>> = {
    jupyterhub: { "singleuser.memory.guarantee": "a number of bytes, or a string such as 1G" },
};

/** What each add-on requires by default. */
const requires: Partial<Record<AddonName, AddonName[]>> = {
    prometheusAdapter: ["kubePrometheusStack"],
    alloy: ["loki"],
    opencost: ["kubePrometheusStack"],
    gpuOperator: ["nodeFeatureDiscovery"],
    nvidiaDevicePlugin: ["nodeFeatureDiscovery"],
    nvidiaDraDriver: ["nodeFeatureDiscovery"],
    dcgmExporter: ["nodeFeatureDiscovery"],
    volcano: ["certManager"],
    kubeflowTrainer: ["jobset"],
    envoyGateway: ["gatewayApi"],
    inferenceExtension: ["gatewayApi"],
    kserve: ["certManager"],
    seaweedfs: ["externalSecrets"],
    mlflow: ["externalSecrets", "cloudnativePg", "seaweedfs"],
    jupyterhub: ["externalSecrets"],
};

/** Arguments with which an add-on requires something else. */
const requiresWith: { name: AddonName; settings: Record<string, unknown>; brings: AddonName[] }[] = [
    { name: "alloy", settings: { lokiUrl: "http://loki.example.com" }, brings: [] },
    { name: "nvidiaDraDriver", settings: { webhook: true }, brings: ["nodeFeatureDiscovery", "certManager"] },
    { name: "leaderWorkerSet", settings: { volcano: true }, brings: ["volcano"] },
    { name: "kuberay", settings: { batchScheduler: "volcano" }, brings: ["volcano"] },
    { name: "kuberay", settings: { batchScheduler: "kai-scheduler" }, brings: ["kaiScheduler"] },
    {
        name: "kserve",
        settings: { gateway: "gateways/models", domain: "ml.example.com" },
        brings: ["certManager", "gatewayApi"],
    },
    { name: "kserve", settings: { llm: true }, brings: ["certManager", "gatewayApi", "inferenceExtension"] },
    { name: "seaweedfs", settings: { existingSecret: "s3" }, brings: [] },
    {
        name: "mlflow",
        settings: { database: { host: "db", existingSecret: "db" } },
        brings: ["externalSecrets", "seaweedfs"],
    },
    { name: "mlflow", settings: { artifacts: { bucket: "models" } }, brings: ["externalSecrets", "cloudnativePg"] },
];

/** Which add-ons conflict by default. */
const excludes: [AddonName, AddonName][] = [
    ["gpuOperator", "nvidiaDevicePlugin"],
    ["gpuOperator", "nvidiaDraDriver"],
    ["gpuOperator", "dcgmExporter"],
    ["nvidiaDevicePlugin", "nvidiaDraDriver"],
    ["kaiScheduler", "volcano"],
];

const flavor: KubernetesObject = {
    apiVersion: "kueue.x-k8s.io/v1beta2",
    kind: "ResourceFlavor",
    metadata: { name: "a" },
    spec: {},
};

/** Returns all charts that an add-on can have, with any arguments. */
const allCharts = ({ charts, optionalCharts = [] }: Definition): ChartSource[] => [
    ...charts,
    ...optionalCharts.flatMap((part) => part.charts),
];

/** Returns the lines of the problems with the arguments of an add-on. */
function problemsOf(name: AddonName, settings: object): string[] {
    const lines: string[] = [];
    const line = (path: string, problem: string) => `${path} ${problem}`;
    const problems: Problems = { line, add: (path, problem) => void lines.push(line(path, problem)) };
    const checked = object({ existing: boolean, ...catalog[name].fields })(settings, "", problems);
    catalog[name].check?.(checked as PlatformAddonArgs, problems);
    return lines;
}

describe("add-ons", function () {
    this.timeout(60_000);

    it("are all in the catalog, in the order of their names", () => {
        assert.deepEqual(Object.keys(catalog), addonNames);
    });

    it("do not compile when one is missing or unknown, or a rule of its arguments is missing or misspelled", () => {
        // The compiler is the test (npm run lint). The catalog only exports its names, so it is given its types back.
        const { mlflow, ...withoutMlflow } = catalog as unknown as Catalog;
        // @ts-expect-error -- one is missing.
        withoutMlflow satisfies Catalog;
        const { oidc, ...rules } = mlflow.fields;
        // @ts-expect-error -- a rule is missing.
        ({ ...mlflow, fields: rules }) satisfies Definition<MlflowArgs>;
        // @ts-expect-error -- a rule is of an argument that does not exist.
        ({ ...mlflow, fields: { ...mlflow.fields, odic: oidc } }) satisfies Definition<MlflowArgs>;
        // @ts-expect-error -- an unknown one.
        ({ ...withoutMlflow, mlflow: withoutMlflow.jupyterhub }) satisfies Catalog;
    });

    it("require the expected add-ons, and no others", () => {
        const actual = upstream.definitions.map(([name, definition]) => [name, definition.requires?.({}) ?? []]);
        assert.deepEqual(
            Object.fromEntries(actual),
            Object.fromEntries(upstream.definitions.map(([name]) => [name, requires[name] ?? []])),
        );
    });

    for (const { name, settings, brings } of requiresWith.filter(({ name }) => name in catalog)) {
        it(`${name} requires ${brings.join(" and ")} with ${JSON.stringify(settings)}`, () => {
            assert.deepEqual(catalog[name].requires?.(settings as PlatformAddonArgs), brings);
        });
    }

    it("conflict only if they own the same resources", () => {
        const pairs = upstream.definitions.flatMap(([name, definition]) =>
            Object.entries(definition.excludes?.({}) ?? {}).map(([other, why]) => ({
                pair: [name, other].sort(),
                why,
            })),
        );
        for (const { pair, why } of pairs) {
            assert.ok(why.length > 20, `${pair.join(" and ")}: "${why}" is no reason`);
        }
        const known = excludes.filter(([one, other]) => one in catalog || other in catalog);
        const sorted = (all: string[][]) => [...new Set(all.map((pair) => [...pair].sort().join(" ")))].sort();
        assert.deepEqual(sorted(pairs.map(({ pair }) => pair)), sorted(known));
    });

    for (const [name, definition] of upstream.definitions) {
        describe(name, () => {
            it("has samples of every argument", () => {
                assert.deepEqual(Object.keys(samples[name] ?? {}).sort(), Object.keys(definition.fields).sort());
            });

            it("accepts valid arguments", () => {
                for (const settings of upstream.settingsOf(name)) {
                    assert.deepEqual(problemsOf(name, settings), [], JSON.stringify(settings));
                }
            });

            it("refuses invalid arguments, each with a line that names the argument", () => {
                for (const [field, { wrong, together }] of Object.entries(samples[name] ?? {})) {
                    assert.ok(wrong.length > 0, `${field}: no invalid value`);
                    for (const value of [...wrong, () => 0]) {
                        const lines = problemsOf(name, { ...together, [field]: value });
                        const found = lines.filter((line) => line.startsWith(field) && !line.includes("\n"));
                        assert.ok(found.length > 0, `${field}: ${JSON.stringify(value)} is accepted`);
                    }
                }
            });

            it("returns plain values for its charts, the same each time", () => {
                const charts = allCharts(definition).map((chart) => chart.name);
                for (const { title, settings, context } of upstream.combinationsOf(name)) {
                    const values = definition.values(settings, context);
                    assert.deepEqual(JSON.parse(JSON.stringify(values)), values, title);
                    assert.deepEqual(definition.values(settings, context), values, title);
                    assert.deepEqual(
                        Object.keys(values).filter((chart) => !charts.includes(chart)),
                        [],
                        title,
                    );
                }
            });

            it("returns objects with unique names", () => {
                for (const { title, settings, context } of upstream.combinationsOf(name)) {
                    const objects = [
                        ...(definition.objectsBefore?.(settings, context) ?? []),
                        ...(definition.objects?.(settings, context) ?? []),
                    ].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
                    assert.deepEqual(objects, [...new Set(objects)], title);
                }
            });

            it("returns pods that meet the restricted Pod Security Standard", () => {
                for (const { object, title } of upstream.objectsOf(name)) {
                    const { template } = (object.spec ?? {}) as { template?: { spec?: PodSpec } };
                    if (template?.spec?.containers) {
                        assert.deepEqual(violations(template.spec), [], `${object.kind}; ${title}`);
                    }
                }
            });

            it("returns outputs that are strings and do not depend on other add-ons", () => {
                for (const { title, settings, context } of upstream.combinationsOf(name)) {
                    const outputs = definition.outputs?.(settings, context) ?? {};
                    assert.ok(
                        Object.values(outputs).every((output) => typeof output === "string"),
                        title,
                    );
                }
            });
        });
    }
});

describe("Kyverno", () => {
    it("excludes the namespaces of add-ons, and not those of users", () => {
        const context = upstream.contextOf("kyverno", { has: ["kueue", "gatewayApi", "inferenceExtension"] });
        const excluded = (settings: object) =>
            JSON.stringify(catalog.kyverno.values(settings, context)).match(/"values":(\[[^\]]*\])/)?.[1];
        assert.deepEqual(JSON.parse(excluded({ excludedNamespaces: ["ops"] }) ?? "[]"), [
            "kube-node-lease",
            "kube-public",
            "kube-system",
            "kueue-system",
            "kyverno",
            "ops",
        ]);
    });
});

describe("Envoy Gateway", () => {
    const context = upstream.contextOf("envoyGateway", {});
    const imageWith = (settings: object): unknown =>
        (catalog.envoyGateway.values(settings, context)["gateway-helm"]!.global as Values | undefined)?.images;

    it("sets the image of the proxies, so that a mirror replaces it, but only for the tested version", () => {
        const image = "docker.io/envoyproxy/envoy:distroless-v1.39.0";
        for (const settings of [{}, { version: "v1.9.0" }, { version: "1.9.0" }]) {
            assert.deepEqual(imageWith(settings), { envoyProxy: { image } });
        }
        assert.equal(imageWith({ version: "v1.9.1" }), undefined);
    });

    it("merges the values for proxies into its own", () => {
        const proxy = catalog.envoyGateway.objects!({}, context).find(({ kind }) => kind === "EnvoyProxy");
        assert.equal((proxy?.spec as { mergeType: string }).mergeType, "StrategicMerge");
    });
});

describe("KServe for language models", () => {
    /** KServe in a platform without other requests. */
    const kserveWith = (settings: object): PlannedAddon =>
        plan({
            addons: { kserve: settings },
            profile: [],
            definitions: catalog,
            problem: (path, problem) => assert.fail(`${path} ${problem}`),
        }).find(({ name }) => name === "kserve")!;
    const context = upstream.contextOf("kserve", {});
    const usual = ["kserve-crd v0.20.0", "kserve-runtime-configs v0.20.0", "kserve-resources v0.20.0"];
    const usualCrds = Object.keys(catalog.kserve.crds!);
    const llmCharts = ["kserve-llmisvc-crd v0.20.0", "llm-d-router v0.9.0", "kserve-llmisvc-resources v0.20.0"];
    const llmCrds = [
        "inferencemodelrewrites.llm-d.ai",
        "inferenceobjectives.llm-d.ai",
        "llminferenceserviceconfigs.serving.kserve.io",
        "llminferenceservices.serving.kserve.io",
    ];

    const cases: [settings: object, charts: string[], crds: string[]][] = [
        [{}, usual, usualCrds],
        [{ llm: false }, usual, usualCrds],
        // The controller of language models needs what kserve-resources has, so it comes after that.
        [{ llm: true }, [...usual, ...llmCharts], [...usualCrds, ...llmCrds]],
        [
            { llm: true, version: "v0.20.1" },
            [...usual.slice(0, 2), "kserve-resources v0.20.1", ...llmCharts],
            [...usualCrds, ...llmCrds],
        ],
    ];
    for (const [settings, charts, crds] of cases) {
        it(`has the charts and CRDs of ${JSON.stringify(settings)}, which a preview checks`, () => {
            const planned = kserveWith(settings);
            assert.deepEqual(
                chartSources(planned).map(({ name, version }) => `${name} ${version}`),
                charts,
            );
            assert.deepEqual(Object.keys(crdVersions(planned)).sort(), [...crds].sort());
            const { addons } = preflightValues("platform", [planned], false) as { addons: Values[] };
            assert.deepEqual(addons[0]!.crds, crdVersions(planned));
        });
    }

    it("applies version and values of the user to KServe's main chart only", () => {
        const planned = kserveWith({ llm: true, version: "v0.20.1", values: { commonLabels: { team: "ml" } } });
        assert.equal(mainChartVersion(planned), "0.20.1");
        const { crds, charts } = chartArgs(planned, context);
        assert.deepEqual(
            [...crds, ...charts].filter(({ values }) => values?.commonLabels !== undefined).map(({ chart }) => chart),
            ["kserve-resources"],
        );
    });

    it("installs CRDs before everything else, and those of llm-d from the URL of their manifests", () => {
        const { crds } = chartArgs(kserveWith({ llm: true }), context);
        assert.deepEqual(
            crds.map(({ chart, manifest }) => [chart, manifest]),
            [
                ["kserve-crd", undefined],
                ["kserve-llmisvc-crd", undefined],
                ["llm-d-router", "https://github.com/llm-d/llm-d-router/releases/download/v0.9.0/manifests.yaml"],
            ],
        );
    });

    for (const llm of [false, true]) {
        it(`has LLMInferenceServiceConfigs only with llm: ${llm}`, () => {
            const values = catalog.kserve.values({ llm } as PlatformAddonArgs, context);
            assert.deepEqual(values["kserve-runtime-configs"], {
                kserve: { servingruntime: { enabled: true }, llmisvcConfigs: { enabled: llm } },
            });
        });

        it(`has a second controller with a budget and a monitor only with llm: ${llm}`, () => {
            const big = upstream.contextOf("kserve", { highlyAvailable: true, has: ["kubePrometheusStack"] });
            assert.deepEqual(
                catalog.kserve.objects!({ llm } as PlatformAddonArgs, big).map(
                    ({ kind, metadata }) => `${kind} ${metadata.name}`,
                ),
                [
                    ...(llm ? ["PodDisruptionBudget llmisvc-controller-manager"] : []),
                    "ServiceMonitor kserve-controller-manager",
                    ...(llm ? ["ServiceMonitor llmisvc-controller-manager"] : []),
                    "PodMonitor kserve-models",
                ],
            );
        });
    }

    it("is installed after everything that it requires, and after LeaderWorkerSet if the platform has it", () => {
        const order = plan({
            addons: { kserve: { llm: true } as PlatformAddonArgs, leaderWorkerSet: {} },
            profile: [],
            definitions: catalog,
            problem: (path, problem) => assert.fail(`${path} ${problem}`),
        });
        assert.deepEqual(order.find(({ name }) => name === "kserve")!.after, [
            "certManager",
            "leaderWorkerSet",
            "gatewayApi",
            "inferenceExtension",
        ]);
    });
});

describe("add-ons as upstream publishes them", function () {
    this.timeout(120_000);

    for (const [name, definition] of upstream.definitions) {
        describe(name, () => {
            const folder = upstream.folderOf(name);
            const own = definition.charts[definition.charts.length - 1]!;
            const sources = allCharts(definition).filter(({ manifest }) => manifest === undefined);
            const theirCharts = () => sources.map((source) => ({ source, chart: upstream.chartOf(name, source) }));
            const chartsMissing = upstream.chartsMissing(name, sources);
            const theirCrds = upstream.crdsOf(folder);

            itUnless(chartsMissing, "has charts that exist, in their versions", () => {
                for (const { source, chart } of theirCharts()) {
                    assert.ok(chart, `there is no chart ${source.name}`);
                    const versions = [chart.version, chart.release].map((version) => version?.replace(/^v/, ""));
                    assert.ok(
                        versions.includes(source.version.replace(/^v/, "")),
                        `${source.name}: ${versions.join()}`,
                    );
                }
            });

            const release = upstream.releaseOf(folder);
            const releaseMissing = release === undefined ? upstream.whyFolderMissing(folder) : undefined;
            itUnless(releaseMissing, "has the version of the software", () => {
                const { appVersion } = upstream.chartOf(name, own) ?? {};
                const known = upstream.isPublished(appVersion) ? appVersion : /\d+(\.\d+)+/.exec(release!)![0];
                assert.equal(definition.version, known.replace(/^v/, ""));
            });

            const crdsMissing = typeof theirCrds === "string" ? theirCrds : undefined;
            itUnless(crdsMissing, "has the CRDs with their served versions, the storage version first", () => {
                const { not, also } = otherCrds[name] ?? {};
                const theirs = (theirCrds as UpstreamCrd[])
                    .filter((crd) => !not?.test(crd.name))
                    .map((crd) => [crd.name, crd.storage, ...crd.served.filter((one) => one !== crd.storage).sort()]);
                const ours = [definition, ...(definition.optionalCharts ?? [])]
                    .flatMap(({ crds }) => Object.entries(crds ?? {}))
                    .map(([crd, [storage, ...served]]) => [crd, storage, ...served.sort()]);
                const others = Object.entries(also ?? {}).map(([crd, versions]) => [crd, ...versions]);
                const sorted = (all: (string | undefined)[][]) => all.map((crd) => crd.join(" ")).sort();
                assert.deepEqual(sorted(ours), sorted([...theirs, ...others]));
            });

            /** The distinct values of each chart, in all combinations. */
            const distinct = () => {
                const found = new Map<string, { chart: upstream.UpstreamChart; values: Values; title: string }>();
                for (const { settings, context, title } of upstream.combinationsOf(name)) {
                    const all = definition.values(settings, context);
                    for (const { source, chart } of theirCharts()) {
                        const values = all[source.name] ?? {};
                        const key = source.name + JSON.stringify(values);
                        if (chart && !found.has(key)) {
                            found.set(key, { chart, values, title: `${source.name}; ${title}` });
                        }
                    }
                }
                return [...found.values()];
            };

            itUnless(chartsMissing, "sets values that the charts have, of the right type", () => {
                const problems = new Map<string, string>();
                for (const { chart, values, title } of distinct()) {
                    const known = [freeForm, otherType].map((table) => Object.keys(table[chart.name] ?? {}));
                    for (const problem of upstream.valuesProblems(chart, values, known[0]!, known[1]!)) {
                        problems.set(problem, problems.get(problem) ?? title);
                    }
                }
                assert.deepEqual([...problems], []);
            });

            itUnless(chartsMissing, "sets values that the charts' schemas allow", () => {
                for (const { chart, values, title } of distinct()) {
                    assert.deepEqual(upstream.schemaProblems(chart, values), [], title);
                }
            });

            const objects = upstream.objectsOf(name);
            const missingKinds = upstream.kindsMissing(objects.map(({ object }) => object));
            it("returns objects that are valid for the CRDs", () => {
                for (const { title, object } of objects) {
                    const { kind, metadata } = object;
                    if (!missingKinds.includes(upstream.customKind(object)!)) {
                        assert.deepEqual(upstream.objectProblems(object), [], `${kind} ${metadata.name}; ${title}`);
                    }
                }
            });
            if (missingKinds.length > 0) {
                const why = upstream.whyKindsMissing(missingKinds)!;
                unchecked(why, `gives ${missingKinds.join(", ")} that the CRDs allow`);
            }
        });
    }
});

describe("the places where add-ons are published", () => {
    const missing =
        upstream.sharedMissing && `no Go module says where anything is published, and ${upstream.sharedMissing}`;
    const releasesOf = (project: string, tag: string) =>
        `https://github.com/${upstream.index()[project]!.repository}/releases/download/${tag}/`;

    for (const [name, { charts, namespace, optionalCharts = [] }] of upstream.definitions) {
        const folder = upstream.folderOf(name);
        const own = charts[charts.length - 1]!;

        // The release may be older than that of the folder: the one that the add-on is made for.
        for (const { name: project, version, manifest } of optionalCharts.flatMap((part) => part.charts)) {
            if (manifest !== undefined) {
                itUnless(missing, `${name} has manifests of a release of ${project}`, () => {
                    const releases = releasesOf(project, version);
                    assert.ok(manifest.startsWith(releases), `${manifest} is not one of ${releases}`);
                });
            }
        }

        if (own.manifest !== undefined) {
            itUnless(missing, `${name} is the manifest of a release`, () => {
                const { tag } = upstream.index()[folder]!;
                const releases = releasesOf(folder, tag);
                assert.equal(own.version, tag);
                assert.ok(own.manifest?.startsWith(releases), `${own.manifest} is not one of ${releases}`);
            });
        } else {
            itUnless(missing, `${name} has the chart's name, version and repository`, () => {
                const entry = upstream.index()[folder]!;
                const expected = otherCharts[name] ?? {
                    name: entry.chart,
                    version: entry.chartVersion,
                    repositories: upstream.repositoriesOf(entry, own.name),
                };
                assert.equal(own.name, expected.name);
                assert.equal(own.version, expected.version);
                const address = own.repository.startsWith("oci://") ? `${own.repository}/${own.name}` : own.repository;
                assert.ok(
                    expected.repositories.includes(address.replace(/\/$/, "")),
                    `${address} is not one of ${expected.repositories.join(", ")}`,
                );
            });
        }

        itUnless(missing, `${name} has the namespace that upstream documents`, () => {
            const { namespace: stated } = upstream.index()[folder]!;
            if (/^[a-z0-9-]+$/.test(stated) && stated !== "-") {
                assert.equal(namespace, stated);
            }
        });
    }
});

describe("the checks against upstream", function () {
    this.timeout(60_000);

    const chartMissing = (name: AddonName) => upstream.chartsMissing(name, catalog[name].charts);
    const chart = (name: AddonName) => upstream.chartOf(name, catalog[name].charts.at(-1)!)!;

    const wrongValues: [what: string, addon: AddonName, values: Values, problems: string[]][] = [
        ["a misspelled key", "kueue", { controllerManger: {} }, ["controllerManger does not exist"]],
        [
            "a misspelled nested key",
            "kueue",
            { controllerManager: { manager: { resource: {} } } },
            ["controllerManager.manager.resource does not exist"],
        ],
        [
            "a string for a number",
            "kueue",
            { controllerManager: { replicas: "2" } },
            ["controllerManager.replicas is a string, and a number by default"],
        ],
        [
            "a key that the schema does not have",
            "certManager",
            { crds: { enable: true } },
            ["crds.enable does not exist"],
        ],
        ["keys of free-form maps", "certManager", { webhook: { config: { a: 1 }, affinity: { b: 2 } } }, []],
    ];
    for (const [what, addon, values, problems] of wrongValues) {
        itUnless(chartMissing(addon), `find ${what}`, () => {
            assert.deepEqual(upstream.valuesProblems(chart(addon), values, [], []), problems);
        });
    }

    itUnless(chartMissing("certManager"), "find what a values schema refuses", () => {
        assert.equal(upstream.schemaProblems(chart("certManager"), { crds: { keep: "yes" } }).length, 1);
    });

    const kueueMissing = upstream.whyKindsMissing(upstream.kindsMissing([flavor]));
    const wrongObjects: [what: string, object: KubernetesObject, problem: string][] = [
        [
            "a field that a CRD does not have",
            { ...flavor, spec: { nodeLabel: {} } },
            '/spec must NOT have additional properties {"additionalProperty":"nodeLabel"}',
        ],
        [
            "a version that is not served",
            { ...flavor, apiVersion: "kueue.x-k8s.io/v1" },
            "kueue.x-k8s.io does not serve ResourceFlavor as v1",
        ],
        ["a kind that does not exist", { ...flavor, kind: "Flavor" }, "kueue.x-k8s.io/v1beta2 Flavor has no CRD"],
        [
            "a namespace of a cluster-scoped object",
            { ...flavor, metadata: { name: "a", namespace: "b" } },
            "has a namespace, but its kind is cluster-scoped",
        ],
        ["a missing namespace", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }, "has no namespace"],
    ];
    for (const [what, object, problem] of wrongObjects) {
        itUnless(kueueMissing, `find ${what}`, () => assert.deepEqual(upstream.objectProblems(object), [problem]));
    }
});
