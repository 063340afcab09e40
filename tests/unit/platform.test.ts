/** The plan of a platform, and the transformation of chart objects. */
import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

import { catalog } from "../../src/platform/addon-catalog";
import { CaInjector, type Definition, InstallPhase } from "../../src/platform/catalog/definition";
import { type AddonName, addonNames } from "../../src/platform/catalog/names";
import { Profile, profiles } from "../../src/platform/catalog/profiles";
import { contextOf, plan, type PlanArgs } from "../../src/platform/plan";
import { locateChart } from "../../src/platform/rendering/chart-location";
import { normalizeCpu } from "../../src/platform/rendering/cpu-quantities";
import { mergeValues } from "../../src/platform/rendering/merge-values";
import { mirrorImage, mirrorImages } from "../../src/platform/rendering/mirror-images";
import { replaceOutputs } from "../../src/platform/rendering/output-placeholders";
import { objectTransform, transformObject } from "../../src/platform/rendering/transform";
import { directoryWith } from "../support/directories";
import { unknownOutput } from "../support/mocks";

/** Returns a definition of which only the relations to other add-ons matter. */
const definition = (parts: Partial<Definition> = {}): Definition => ({
    title: "An add-on",
    purpose: "It exists for tests.",
    homepage: "https://example.com",
    version: "1.0.0",
    charts: [],
    namespace: "somewhere",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "https://example.com",
    upgrades: { notes: [] },
    fields: {},
    values: () => ({}),
    ...parts,
});

/** The names in the order of the plan, with what each waits for, and the problems. */
function planned(parts: Partial<Record<AddonName, Partial<Definition>>>, args: Partial<PlanArgs>) {
    const problems: string[] = [];
    const definitions = Object.fromEntries(addonNames.map((name) => [name, definition(parts[name])]));
    const result = plan({
        addons: {},
        profile: [],
        definitions: definitions as PlanArgs["definitions"],
        problem: (path, problem) => problems.push(`${path} ${problem}`),
        ...args,
    });
    return { waits: result.map(({ name, after }) => [name, ...after].join(" < ")), result, problems };
}

describe("the plan of a platform", () => {
    it("is empty if nothing is requested", () => {
        assert.deepEqual(planned({}, {}).waits, []);
    });

    it("has what an add-on requires, transitively, before it", () => {
        const parts = {
            kserve: { requires: (): AddonName[] => ["gatewayApi", "certManager"] },
            gatewayApi: { requires: (): AddonName[] => ["certManager"] },
        };
        const { waits, problems } = planned(parts, { addons: { kserve: {} } });
        assert.deepEqual(waits, ["certManager", "gatewayApi < certManager", "kserve < certManager < gatewayApi"]);
        assert.deepEqual(problems, []);
    });

    it("requires nothing for an existing add-on", () => {
        const parts = { kserve: { requires: (): AddonName[] => ["certManager"] } };
        assert.deepEqual(planned(parts, { addons: { kserve: { existing: true } } }).waits, ["kserve"]);
    });

    it("installs add-ons whose webhooks refuse other objects last, followed by what requires them", () => {
        const parts = {
            kueue: { installPhase: InstallPhase.Late },
            kyverno: { installPhase: InstallPhase.Last },
            kubeflowTrainer: { requires: (): AddonName[] => ["kueue"] },
        };
        const addons = { kyverno: {}, kueue: {}, kubeflowTrainer: {}, keda: {} };
        assert.deepEqual(planned(parts, { addons }).waits, [
            "keda",
            "kueue < keda",
            "kubeflowTrainer < kueue < keda",
            "kyverno < kueue < kubeflowTrainer < keda",
        ]);
    });

    it("orders an add-on after optional ones only if the platform has them", () => {
        const parts = { keda: { after: ["kubePrometheusStack"] as AddonName[] } };
        assert.deepEqual(planned(parts, { addons: { keda: {} } }).waits, ["keda"]);
        assert.deepEqual(planned(parts, { addons: { keda: {}, kubePrometheusStack: {} } }).waits, [
            "kubePrometheusStack",
            "keda < kubePrometheusStack",
        ]);
    });

    it("excludes disabled add-ons of the profile, unless another add-on requires them", () => {
        const parts = { kserve: { requires: (): AddonName[] => ["certManager"] } };
        const profile: AddonName[] = ["certManager", "keda"];
        assert.deepEqual(planned(parts, { profile, addons: { keda: { enabled: false } } }).waits, ["certManager"]);
        const { problems } = planned(parts, {
            profile,
            addons: { kserve: {}, certManager: { enabled: false } },
        });
        assert.deepEqual(problems, [
            "addons.certManager.enabled is false, but kserve requires it; remove it, or disable kserve",
        ]);
    });

    it("refuses conflicting add-ons, with the reason", () => {
        const parts = { kaiScheduler: { excludes: () => ({ volcano: "there are two gang schedulers" }) } };
        assert.deepEqual(planned(parts, { addons: { kaiScheduler: {}, volcano: {} } }).problems, [
            "addons.kaiScheduler cannot be combined with volcano: there are two gang schedulers; disable one of " +
                "them with enabled: false",
        ]);
    });

    it("gives an add-on the context of its platform", () => {
        const parts = { mlflow: { outputs: () => ({ url: "http://mlflow" }) } };
        const { result } = planned(parts, { addons: { mlflow: { namespace: "tracking" }, keda: {} } });
        const context = contextOf(result, "keda", { highlyAvailable: true, small: false });
        assert.deepEqual([context.namespace, context.has("mlflow"), context.has("kueue")], ["somewhere", true, false]);
        assert.equal(context.namespaceOf("mlflow"), "tracking");
        assert.equal(context.outputOf("mlflow", "url"), "http://mlflow");
        assert.throws(() => context.namespaceOf("kueue"), /keda uses kueue/);
        assert.throws(() => context.outputOf("mlflow", "uri"), /keda uses the output uri, which mlflow does not have/);
    });

    for (const profile of Object.values(Profile)) {
        it(`of the profile ${profile} has no conflicts`, () => {
            const problems: string[] = [];
            const problem = (path: string, text: string) => void problems.push(`${path} ${text}`);
            const result = plan({ addons: {}, profile: profiles[profile], definitions: catalog, problem });
            assert.deepEqual(problems, []);
            const names = result.map(({ name }) => name);
            result.forEach(({ name, after }, index) =>
                after.forEach((other) => assert.ok(names.indexOf(other) < index, `${name} comes before ${other}`)),
            );
        });
    }
});

describe("the values of a chart", () => {
    it("are merged as Helm merges them", () => {
        const base = { a: { b: 1, c: [1, 2] }, d: 1 };
        assert.deepEqual(mergeValues(base, { a: { c: [3], e: null }, d: { f: 1 } }), {
            a: { b: 1, c: [3], e: null },
            d: { f: 1 },
        });
        assert.deepEqual(base, { a: { b: 1, c: [1, 2] }, d: 1 });
    });

    it("have the same placeholder for the same Output, and none without Outputs", () => {
        const values = () => ({ a: { b: pulumi.output("x") }, c: [pulumi.output("y"), "z"], d: 1 });
        const first = replaceOutputs(values());
        assert.deepEqual(first.values, replaceOutputs(values()).values);
        assert.match(
            JSON.stringify(first.values),
            /^{"a":{"b":"mlops-output-[0-9a-f]{16}"},"c":\["mlops-output-[0-9a-f]{16}","z"\],"d":1}$/,
        );
        const object = { kind: "ConfigMap" };
        assert.equal(replaceOutputs({ a: 1 }).resolve(object), object);
    });
});

describe("an image in a mirror", () => {
    const mirror = { images: "mirror.example/ml", registries: { "quay.io": "mirror.example/quay" } };
    const images: Record<string, string> = {
        busybox: "mirror.example/ml/docker.io/library/busybox",
        "busybox:1.37": "mirror.example/ml/docker.io/library/busybox:1.37",
        "grafana/grafana:12": "mirror.example/ml/docker.io/grafana/grafana:12",
        "docker.io/grafana/grafana:12": "mirror.example/ml/docker.io/grafana/grafana:12",
        "registry.k8s.io/kueue/kueue:v1": "mirror.example/ml/registry.k8s.io/kueue/kueue:v1",
        "quay.io/a/b@sha256:00": "mirror.example/quay/a/b@sha256:00",
        "localhost:5001/a": "mirror.example/ml/localhost:5001/a",
        "mirror.example/ml/quay.io/a/b:1": "mirror.example/ml/quay.io/a/b:1",
        "mirror.example/quay/a/b:1": "mirror.example/quay/a/b:1",
    };
    for (const [image, expected] of Object.entries(images)) {
        it(`${image} is ${expected}`, () => assert.equal(mirrorImage(image, mirror), expected));
    }

    it("is found wherever an object has one", () => {
        const object = {
            kind: "Anything",
            spec: {
                template: {
                    initContainers: [{ image: "busybox" }],
                    containers: [
                        {
                            image: "ghcr.io/a/b:1",
                            args: ["--reloader=quay.io/c/d:v2", "--url=https://quay.io/api", "quay.io"],
                            env: [{ name: "IMAGE", value: "registry.k8s.io/e:1" }],
                        },
                    ],
                },
                operator: { repository: "nvcr.io/nvidia", image: "driver", version: "1" },
            },
            data: { config: 'sidecar: "docker.io/f/g:3"\nhome: https://docker.io/x' },
        };
        assert.deepEqual(mirrorImages(object, { images: "m.example" }), {
            kind: "Anything",
            spec: {
                template: {
                    initContainers: [{ image: "m.example/docker.io/library/busybox" }],
                    containers: [
                        {
                            image: "m.example/ghcr.io/a/b:1",
                            args: ["--reloader=m.example/quay.io/c/d:v2", "--url=https://quay.io/api", "quay.io"],
                            env: [{ name: "IMAGE", value: "m.example/registry.k8s.io/e:1" }],
                        },
                    ],
                },
                operator: { repository: "m.example/nvcr.io/nvidia", image: "driver", version: "1" },
            },
            data: { config: 'sidecar: "m.example/docker.io/f/g:3"\nhome: https://docker.io/x' },
        });
        assert.equal(mirrorImages(object, { charts: "elsewhere" }), object);
    });
});

describe("CPU quantities in rendered objects", () => {
    it("are in canonical form, and nothing else changes", () => {
        const resources = (limit: unknown, request: unknown) => ({
            spec: {
                containers: [{ resources: { limits: { cpu: limit, memory: "1000m" }, requests: { cpu: request } } }],
            },
            data: { cpu: 4 },
        });
        assert.deepEqual(normalizeCpu(resources("28000m", 6)), resources("28", "6"));
        assert.deepEqual(normalizeCpu(resources("1500m", "0.5")), resources("1500m", "0.5"));
        const output = pulumi.output("1000m");
        assert.equal(normalizeCpu({ limits: { cpu: output } }).limits.cpu, output);
    });
});

describe("the location of a chart", () => {
    const oci = { name: "kueue", version: "0.19.2", repository: "oci://registry.k8s.io/kueue/charts" };
    const http = { name: "keda", version: "2.20.2", repository: "https://kedacore.github.io/charts" };
    const file = {
        name: "kinds",
        version: "v1.0.0",
        repository: "https://example.com",
        manifest: "https://example.com/k.yaml",
    };

    it("is its own repository", () => {
        assert.deepEqual(locateChart(oci), { chart: "oci://registry.k8s.io/kueue/charts/kueue", version: "0.19.2" });
        assert.deepEqual(locateChart(http), {
            chart: "keda",
            version: "2.20.2",
            repositoryOpts: { repo: "https://kedacore.github.io/charts" },
        });
        assert.deepEqual(locateChart(file), { chart: "kinds", manifest: "https://example.com/k.yaml" });
    });

    it("is the registry of a mirror", () => {
        const mirror = { charts: "oci://localhost:5001/charts/", plainHttp: true };
        assert.deepEqual(locateChart(http, mirror), {
            chart: "oci://localhost:5001/charts/keda",
            version: "2.20.2",
            plainHttp: true,
        });
        assert.equal(
            locateChart(file, mirror),
            "is a registry, which cannot contain kinds-v1.0.0.yaml, as it is not a chart; use a directory, or install it " +
                "from https://example.com/k.yaml and set existing: true",
        );
    });

    it("is a directory of a mirror, packed or not, with or without a v", () => {
        const charts = directoryWith({
            "kueue-0.19.2.tgz": "",
            "keda-v2.20.2/Chart.yaml": "",
            "kinds-v1.0.0.yaml": "",
        });
        assert.deepEqual(locateChart(oci, { charts }), { chart: `${charts}/kueue-0.19.2.tgz` });
        assert.deepEqual(locateChart(http, { charts }), { chart: `${charts}/keda-v2.20.2` });
        assert.deepEqual(locateChart(file, { charts }), { chart: "kinds", manifest: `${charts}/kinds-v1.0.0.yaml` });
    });

    it("is an error that says how to download it, if the directory does not contain it", () => {
        const charts = directoryWith({});
        assert.equal(
            locateChart(oci, { charts }),
            "does not contain kueue-0.19.2.tgz; download it: helm pull oci://registry.k8s.io/kueue/charts/kueue --version 0.19.2 " +
                `--destination ${charts}`,
        );
        assert.equal(
            locateChart(http, { charts }),
            "does not contain keda-2.20.2.tgz; download it: helm pull keda --repo https://kedacore.github.io/charts --version " +
                `2.20.2 --destination ${charts}`,
        );
        assert.equal(
            locateChart(file, { charts }),
            `does not contain kinds-v1.0.0.yaml; download it: curl --location --output ${charts}/kinds-v1.0.0.yaml ` +
                "https://example.com/k.yaml",
        );
    });
});

describe("an object of a chart", () => {
    const result = (type: string, props: object, caInjector: CaInjector = CaInjector.Controller) =>
        transformObject(
            { type, props, opts: {}, custom: true, name: "object" },
            { caInjector, mirror: { images: "m.example" }, placeholders: replaceOutputs({}) },
        );
    const annotations = (kind: string, caInjector?: CaInjector): unknown =>
        (result(`kubernetes:v1:${kind}`, { kind }, caInjector)!.props.metadata as { annotations: object }).annotations;

    it("has the field manager of the package", () => {
        assert.deepEqual(annotations("Deployment"), { "pulumi.com/patchFieldManager": "pulumi/project/stack" });
    });

    it("is not awaited if it is a Service, unless it is a webhook's", () => {
        const service = (name: string) =>
            result("kubernetes:v1:Service", { kind: "Service", metadata: { name } })!.props.metadata as object;
        const written = { "pulumi.com/patchFieldManager": "pulumi/project/stack" };
        assert.deepEqual(service("metrics"), {
            name: "metrics",
            annotations: { ...written, "pulumi.com/skipAwait": "true" },
        });
        assert.deepEqual(service("a-webhook-service"), { name: "a-webhook-service", annotations: written });
    });

    it("is awaited if a controller writes its CA bundle", () => {
        const forced = { "pulumi.com/patchFieldManager": "pulumi/project/stack", "pulumi.com/patchForce": "true" };
        const waited = { ...forced, "pulumi.com/waitFor": "jsonpath={.webhooks[0].clientConfig.caBundle}" };
        assert.deepEqual(annotations("MutatingWebhookConfiguration"), waited);
        assert.deepEqual(annotations("ValidatingWebhookConfiguration", CaInjector.CertManager), waited);
        assert.deepEqual(annotations("ValidatingWebhookConfiguration", CaInjector.None), forced);
        assert.deepEqual(annotations("CustomResourceDefinition"), forced);
        assert.deepEqual(annotations("APIService"), forced);
    });

    it("outlives the add-on only if it can contain data or objects of others", () => {
        const kept = (kind: string) => result(`kubernetes:v1:${kind}`, { kind })!.opts.retainOnDelete;
        assert.equal(kept("CustomResourceDefinition"), true);
        assert.equal(kept("Namespace"), true);
        assert.equal(kept("PersistentVolumeClaim"), true);
        const metadata = { annotations: { "helm.sh/resource-policy": "keep" } };
        assert.equal(result("kubernetes:v1:Cluster", { kind: "Cluster", metadata })!.opts.retainOnDelete, true);
        assert.equal(kept("Deployment"), undefined);
    });

    it("is not changed if it is not a Kubernetes object", () => {
        assert.equal(result("kubernetes:helm.sh/v4:Chart", { kind: "Chart" }), undefined);
        assert.equal(result("random:index:Id", {}), undefined);
    });

    it("has its images from the mirror, except in CRDs", () => {
        const props = (kind: string) => ({ kind, spec: { image: "busybox" } });
        const image = (kind: string) =>
            (result(`kubernetes:v1:${kind}`, props(kind))!.props.spec as { image: string }).image;
        assert.equal(image("Pod"), "m.example/docker.io/library/busybox");
        assert.equal(image("CustomResourceDefinition"), "busybox");
    });
});

describe("the transform of a chart's objects", () => {
    const rules = { caInjector: CaInjector.None, mirror: {}, placeholders: replaceOutputs({}) };
    const ofMocks = (preview: boolean) =>
        pulumi.runtime.setMocks({ newResource: () => ({ id: "id", state: {} }), call: () => ({}) }, "a", "b", preview);
    const argsOf = (type: string, props: object): pulumi.ResourceTransformArgs => ({
        type: `kubernetes:${type}`,
        props: { kind: type.replace(/.*:/, ""), ...props },
        opts: {},
        custom: true,
        name: "object",
    });

    it("delays objects that run pods until the others are registered, in an update", async () => {
        await ofMocks(false);
        const transform = objectTransform(rules);
        const passed: string[] = [];
        const pass = async (type: string): Promise<void> => {
            await transform(argsOf(type, {}));
            passed.push(type);
        };
        const all = [pass("apps/v1:Deployment"), pass("v1:ConfigMap"), pass("batch/v1:Job")];
        for (const type of ["v1:Service", "v1:ServiceAccount", "widgets.example.com/v1:Job"]) {
            await sleep(200);
            all.push(pass(type));
        }
        await Promise.all(all);
        assert.deepEqual(passed, [
            "v1:ConfigMap",
            "v1:Service",
            "v1:ServiceAccount",
            "widgets.example.com/v1:Job",
            "apps/v1:Deployment",
            "batch/v1:Job",
        ]);
    });

    it("delays nothing in a preview", async () => {
        await ofMocks(true);
        const start = Date.now();
        await objectTransform(rules)(argsOf("apps/v1:Deployment", {}));
        assert.ok(Date.now() - start < 200);
    });

    it("removes empty entries from a Secret, and the data if all are empty", async () => {
        await ofMocks(false);
        const dataOf = async (data: unknown): Promise<unknown> => {
            const result = await objectTransform(rules)(argsOf("core/v1:Secret", { data }));
            const { props } = result!;
            return "data" in props ? new Promise((resolve) => pulumi.output(props.data).apply(resolve)) : "left out";
        };
        assert.deepEqual(await dataOf(pulumi.secret({ "tls.crt": "", password: "YQ==" })), { password: "YQ==" });
        assert.deepEqual(await dataOf({ "tls.crt": "" }), "left out");
    });

    it("does not block a preview of a Secret with unknown data", async () => {
        await ofMocks(true);
        const result = await objectTransform(rules)(argsOf("core/v1:Secret", { data: unknownOutput() }));
        assert.ok(result);
    });
});
