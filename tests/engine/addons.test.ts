/**
 * An API server with the real CRDs accepts every object in the definitions of the add-ons.
 */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import * as yaml from "yaml";

import { Api, type KubernetesObject, type Response } from "../../local/cluster/api";
import { kyverno, KyvernoAction } from "../../src/platform/addons/kyverno";
import { savedEnvironment } from "../support/environment";
import type { PodSpec } from "../support/pod-security";
import { itUnless, unchecked } from "../support/unchecked";
import * as upstream from "../support/upstream";
import { crdText } from "../support/upstream-crds";

/** Replaces all namespaces of add-ons, so that nothing is done to one in use. */
const namespace = "addon-objects-test";
const label = "kubernetes-mlops/test";

interface Crd extends KubernetesObject {
    spec: { group: string; names: { kind: string }; versions: { name: string; storage: boolean }[] };
    status?: { conditions?: { type: string; status: string }[] };
}

interface PodTemplate {
    metadata?: object;
    spec: PodSpec & { serviceAccountName?: string };
}

interface PolicySpec {
    failurePolicy: string;
    validationActions: string[];
    matchConstraints: object;
    variables: object[];
    validations: object[];
}

interface Found extends upstream.FoundObject {
    object: KubernetesObject;
}

const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const namespacePath = `/api/v1/namespaces/${namespace}`;
const strictly = "dryRun=All&fieldValidation=Strict";

/** The same in the namespace of this test. */
function here(object: KubernetesObject): KubernetesObject {
    const { metadata } = object;
    return metadata.namespace === undefined ? object : { ...object, metadata: { ...metadata, namespace } };
}

/** The pod templates in an object of Kubernetes' own kinds. */
function templatesIn({ kind, spec }: KubernetesObject): PodTemplate[] {
    const { template, jobTemplate } = (spec ?? {}) as {
        template?: PodTemplate;
        jobTemplate?: { spec: { template: PodTemplate } };
    };
    const found = kind === "CronJob" ? jobTemplate?.spec.template : template;
    return found?.spec?.containers ? [found] : [];
}

/** All at once, except for a few that wait. */
async function inParallel<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const rest = all.entries();
    const worker = async () => {
        for (const [index, one] of rest) {
            results[index] = await work(one);
        }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    return results;
}

const everything = upstream.allObjects() as Found[];
const missingKinds = upstream.kindsMissing(everything.map(({ object }) => object));
const all = everything.filter(({ object }) => !missingKinds.includes(upstream.customKind(object)!));
const kinds = new Set(all.map(({ object: { apiVersion, kind } }) => `${apiVersion}/${kind}`));

/** A CRD with only those versions that are used: no webhook converts here, and large CRDs take long. */
function withVersions(spec: Crd["spec"]): object {
    const used = spec.versions
        .filter(({ name }) => kinds.has(`${spec.group}/${name}/${spec.names.kind}`))
        .map((version, index) => ({ ...version, storage: index === 0 }));
    return { ...spec, versions: used, conversion: { strategy: "None" } };
}

/** The error of the API server, if it refuses the request. */
function answer({ status, body }: Response): string | undefined {
    return status < 300 ? undefined : body.startsWith("{") ? (JSON.parse(body) as { message: string }).message : body;
}

async function until(isSo: () => Promise<boolean | undefined>): Promise<void> {
    while (!(await isSo())) {
        await sleep(100);
    }
}

describe("the objects of the add-ons, on a real API server", function () {
    this.timeout("2m");

    if (missingKinds.length > 0) {
        unchecked(upstream.whyKindsMissing(missingKinds)!, `${missingKinds.join(", ")} are accepted`);
    }
    const flavorsMissing = upstream.whyKindsMissing(upstream.crdsMissing(["kueue.x-k8s.io/ResourceFlavor"]));

    let api: Api;
    let crds: string[] = [];

    /** The path for objects of a kind, according to discovery. */
    const resources = new Map<string, Promise<{ name: string; kind: string; namespaced: boolean }[]>>();
    async function pathOf({ apiVersion, kind, metadata }: KubernetesObject): Promise<string | undefined> {
        const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
        if (!resources.has(group)) {
            resources.set(
                group,
                api.get<{ resources: [] }>(group).then((found) => found?.resources ?? []),
            );
        }
        const resource = (await resources.get(group))!.find((one) => one.kind === kind && !one.name.includes("/"));
        if (resource === undefined) {
            return undefined;
        }
        return metadata.namespace === undefined
            ? `${group}/${resource.name}`
            : `${group}/namespaces/${metadata.namespace}/${resource.name}`;
    }

    /** The API server's error for an object, or undefined. */
    async function refusal(object: KubernetesObject): Promise<string | undefined> {
        const to = await pathOf(object);
        if (to === undefined) {
            return `there is no ${object.apiVersion} ${object.kind}`;
        }
        // By server-side apply, as Pulumi does it.
        return answer(
            await api.call(
                "PATCH",
                `${to}/${object.metadata.name}?fieldManager=test&force=true&${strictly}`,
                object,
                "application/apply-patch+yaml",
            ),
        );
    }

    /** Its error for a pod from this template. */
    async function podRefusal({ metadata, spec }: PodTemplate): Promise<string | undefined> {
        const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: "pod" }, spec };
        if (spec.serviceAccountName !== undefined) {
            await api.apply(`${namespacePath}/serviceaccounts/${spec.serviceAccountName}`, {
                apiVersion: "v1",
                kind: "ServiceAccount",
                metadata: { name: spec.serviceAccountName },
            });
        }
        return answer(await api.call("POST", `${namespacePath}/pods?${strictly}`, pod));
    }

    before(async () => {
        api = new Api(fs.readFileSync(savedEnvironment().kubeconfig, "utf8"));
        const found = all.map(({ object }) => upstream.crdByKind().get(upstream.customKind(object)!));
        const needed = [...new Set(found)]
            .filter((crd) => crd !== undefined)
            .map((crd) => yaml.parse(crdText(crd)) as Crd);
        crds = needed.map(({ metadata }) => metadata.name);
        await Promise.all([
            api.apply(namespacePath, {
                apiVersion: "v1",
                kind: "Namespace",
                metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
            }),
            inParallel(needed, async ({ apiVersion, kind, metadata, spec }) => {
                const to = `${crdPath}/${metadata.name}`;
                const before = await api.get<Crd>(to);
                if (before && before.metadata.labels?.[label] === undefined) {
                    throw new Error(`the cluster already has ${metadata.name}: remove what it belongs to`);
                }
                await api.apply(to, {
                    apiVersion,
                    kind,
                    metadata: { ...metadata, labels: { ...metadata.labels, [label]: "addons" } },
                    spec: withVersions(spec),
                });
            }),
        ]);
        await inParallel(crds, (name) =>
            until(async () => {
                const crd = await api.get<Crd>(`${crdPath}/${name}`);
                return crd?.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
            }),
        );
    });
    after(async () => {
        await inParallel([...crds.map((name) => `${crdPath}/${name}`), namespacePath], async (one) => {
            await api.call("DELETE", one);
            await until(async () => (await api.get(one)) === undefined);
        });
    });

    it("are accepted, with every field that they have", async () => {
        const problems = await inParallel(all, async ({ addon, title, object }) => {
            const problem = await refusal(here(object));
            return problem && `${addon}: ${object.kind} ${object.metadata.name} (${title}): ${problem}`;
        });
        assert.deepEqual(problems.filter(Boolean), []);
    });

    it("create pods that the restricted standard admits", async () => {
        const pods = all.flatMap((found) => templatesIn(found.object).map((template) => ({ ...found, template })));
        const problems = await inParallel(pods, async ({ addon, title, object, template }) => {
            const problem = await podRefusal(template);
            return problem && `${addon}: pod of ${object.kind} ${object.metadata.name} (${title}): ${problem}`;
        });
        assert.ok(pods.length > 0);
        assert.deepEqual(problems.filter(Boolean), []);
    });

    const flavor = { apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ResourceFlavor", metadata: { name: "a" } };
    const wrong: [what: string, object: KubernetesObject, message: RegExp][] = [
        ["a field that a CRD does not have", { ...flavor, spec: { nodeLabel: {} } }, /nodeLabel/],
        [
            "a field that Kubernetes does not have",
            { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace }, daten: {} },
            /daten/,
        ],
        [
            "a value that a CRD's rules refuse",
            { ...flavor, spec: { nodeTaints: [{ key: "a", effect: "Never" }] } },
            /effect/,
        ],
        ["a kind that does not exist", { ...flavor, kind: "Flavor" }, /^there is no/],
        ["a namespace of a cluster-scoped object", { ...flavor, metadata: { name: "a", namespace } }, /./],
        ["a missing namespace", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }, /./],
    ];
    for (const [what, object, message] of wrong) {
        const missing = object.apiVersion === flavor.apiVersion ? flavorsMissing : undefined;
        itUnless(missing, `would not be accepted with ${what}`, async () =>
            assert.match((await refusal(object)) ?? "", message),
        );
    }

    it("could not create a pod that violates the restricted standard", async () => {
        const spec = { containers: [{ name: "main", image: "registry.example.com/a:1" }] };
        assert.match((await podRefusal({ spec } as PodTemplate)) ?? "", /violates PodSecurity "restricted:latest"/);
    });
});

/** Kyverno's policies are written like those of Kubernetes, which an API server enforces by itself. */
describe("the policy of allowed registries, on a real API server", function () {
    this.timeout("2m");

    const name = `${namespace}-registries`;
    const here = `/api/v1/namespaces/${name}`;
    const admission = "/apis/admissionregistration.k8s.io/v1";
    const policyPath = `${admission}/validatingadmissionpolicies/${name}`;
    const bindingPath = `${admission}/validatingadmissionpolicybindings/${name}`;
    const right = "registry.example.com/a:1";
    const wrong = "registry.example.com.evil.org/a:1";
    const message = /Images must come from one of: registry.example.com\//;

    const podOf = (images: { main: string; init?: string }, metadata: object = {}): object => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "pod", ...metadata },
        spec: {
            // No node starts it.
            schedulerName: "none",
            initContainers: images.init ? [{ name: "init", image: images.init }] : [],
            containers: [{ name: "main", image: images.main }],
        },
    });
    const sent = async (method: string, to: string, body: object, type?: string) =>
        answer(await api.call(method, `${here}/${to}?${strictly}`, body, type)) ?? "accepted";
    const created = (pod: object) => sent("POST", "pods", pod);
    const changed = (body: object, to = "pods/old") =>
        sent("PATCH", to, body, "application/strategic-merge-patch+json");
    const debugging = (image: string) =>
        changed({ spec: { ephemeralContainers: [{ name: "debug", image }] } }, "pods/old/ephemeralcontainers");

    let api: Api;

    before(async () => {
        api = new Api(fs.readFileSync(savedEnvironment().kubeconfig, "utf8"));
        const context = upstream.contextOf("kyverno", {});
        const settings = { allowedRegistries: ["registry.example.com/"], action: KyvernoAction.Deny };
        const { spec } = kyverno.objects!(settings, context)[0] as unknown as { spec: PolicySpec };
        await api.apply(here, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
        await until(async () => (await api.get(`${here}/serviceaccounts/default`)) !== undefined);
        const old = await api.call("POST", `${here}/pods`, podOf({ main: wrong }, { name: "old" }));
        assert.equal(answer(old), undefined);
        await api.apply(policyPath, {
            apiVersion: "admissionregistration.k8s.io/v1",
            kind: "ValidatingAdmissionPolicy",
            metadata: { name },
            spec: {
                failurePolicy: spec.failurePolicy,
                matchConstraints: {
                    ...spec.matchConstraints,
                    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
                },
                variables: spec.variables,
                validations: spec.validations,
            },
        });
        await api.apply(bindingPath, {
            apiVersion: "admissionregistration.k8s.io/v1",
            kind: "ValidatingAdmissionPolicyBinding",
            metadata: { name },
            spec: { policyName: name, validationActions: spec.validationActions },
        });
        await until(async () => (await created(podOf({ main: wrong }))) !== "accepted");
    });
    after(async () => {
        await Promise.all([bindingPath, policyPath].map((one) => api.call("DELETE", one)));
        await api.call("DELETE", `${here}/pods/old`, { gracePeriodSeconds: 0 });
        await api.call("DELETE", here);
        await until(async () => (await api.get(here)) === undefined);
    });

    it("admits pods with images from there", async () => {
        assert.equal(await created(podOf({ main: right })), "accepted");
        assert.equal(await created(podOf({ main: right, init: right })), "accepted");
    });

    it("refuses other images in any container", async () => {
        assert.match(await created(podOf({ main: wrong })), message);
        assert.match(await created(podOf({ main: right, init: wrong })), message);
    });

    it("checks ephemeral containers as well", async () => {
        assert.match(await debugging(wrong.replace("a:1", "b:1")), message);
        assert.equal(await debugging(right), "accepted");
    });

    it("allows changes of an earlier pod, but not to another such image", async () => {
        assert.equal(await changed({ metadata: { labels: { a: "b" } } }), "accepted");
        assert.match(await changed({ spec: { containers: [{ name: "main", image: `${wrong}0` }] } }), message);
        assert.equal(await changed({ spec: { containers: [{ name: "main", image: right }] } }), "accepted");
    });
});
