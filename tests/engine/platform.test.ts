import { strict as assert } from "node:assert";

import * as mlops from "../../src";
import { createObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "platform-test";

/** What the cluster stores about an installed add-on. */
const record = (addon: string, version: string, owner: string, crds = 0): object => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
        name: `kubernetes-mlops-${addon}`,
        namespace,
        annotations: {
            "kubernetes-mlops/version": version,
            "kubernetes-mlops/owner": owner,
            "kubernetes-mlops/crds": String(crds),
        },
    },
});

const crd = (plural: string, group: string, kind: string, version: string, annotations = {}): object => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, annotations },
    spec: {
        group,
        scope: "Namespaced",
        names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
});

describe("a preview of a Platform checks the cluster", function () {
    this.timeout("2m");

    let stack: TestStack;
    const owner = "tests/preflight/platform";
    const preview = async (args: mlops.PlatformArgs): Promise<string[]> => {
        stack.log = "";
        await assert.rejects(stack.preview(() => Promise.resolve(void new mlops.Platform("platform", args))));
        return [...new Set(stack.log.split("\n").map((line) => line.trim()))]
            .filter((line) => line.startsWith('Platform "platform": '))
            .map((line) => line.slice('Platform "platform": '.length));
    };

    before(async () => {
        stack = await TestStack.create("preflight", () => Promise.resolve());
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    });
    afterEach(async () => {
        await kubectl("delete", "configmaps", "--all", "--namespace", namespace);
        await kubectl("delete", "crd", "jobsets.jobset.x-k8s.io", "workloads.kueue.x-k8s.io", "--ignore-not-found");
    });
    after(async () => {
        await stack.destroy();
        await kubectl("delete", "namespace", namespace);
    });

    it("and refuses one that is newer than an add-on supports", async () => {
        assert.deepEqual(await preview({ addons: { volcano: {} } }), [
            "addons.volcano: Volcano 1.15.1 supports Kubernetes up to 1.35, but the cluster has 1.36; set " +
                "untestedKubernetes: true to try it, or remove the add-on",
        ]);
    });

    it("and reports an existing add-on that is missing together with other problems", async () => {
        assert.deepEqual(await preview({ addons: { volcano: {}, jobset: { existing: true } } }), [
            "addons.volcano: Volcano 1.15.1 supports Kubernetes up to 1.35, but the cluster has 1.36; set " +
                "untestedKubernetes: true to try it, or remove the add-on",
            "addons.jobset.existing: is true, but the cluster has none of its CRDs (jobsets.jobset.x-k8s.io); install it " +
                "first, or remove existing",
        ]);
    });

    it("and refuses to skip a minor version, and to downgrade", async () => {
        await createObjects(record("kueue", "0.17.1", owner), record("jobset", "99.0.0", owner));
        assert.deepEqual(await preview({ addons: { kueue: { namespace }, jobset: { namespace } } }), [
            "addons.jobset: is installed in version 99.0.0, and 0.12.0 would be a downgrade, which its CRDs and stored " +
                "objects may not survive; set version to 99.0.0 or newer",
            "addons.kueue: is installed in version 0.17.1, and an upgrade to 0.19.2 must not skip a minor version; first " +
                "set version to the newest 0.18 and run an update",
        ]);
    });

    it("and refuses what another stack has installed", async () => {
        await createObjects(record("jobset", "0.12.0", "company/production/platform"));
        assert.deepEqual(await preview({ addons: { jobset: { namespace } } }), [
            "addons.jobset: is already installed by company/production/platform; set existing: true, or, if that " +
                "was this stack under another name, run kubectl annotate configmap kubernetes-mlops-jobset --namespace " +
                `${namespace} --overwrite kubernetes-mlops/owner=${owner}`,
        ]);
    });

    it("and checks the CRDs of an add-on again when it will have more of them", async () => {
        await createObjects(crd("jobsets", "jobset.x-k8s.io", "JobSet", "v1alpha1"));
        const args = { addons: { jobset: { namespace }, volcano: {} } };
        const refused = async (crds: number): Promise<string[]> => {
            await createObjects(record("jobset", "0.12.0", owner, crds));
            const lines = await preview(args);
            await kubectl("delete", "configmaps", "--all", "--namespace", namespace);
            return lines.map((line) => line.split(": ")[0]!);
        };
        assert.deepEqual(await refused(0), ["addons.volcano", "addons.jobset"]);
        assert.deepEqual(await refused(1), ["addons.volcano"]);
    });

    it("and refuses CRDs that belong to Helm, or have stored objects in a version that is no longer served", async () => {
        await createObjects(
            crd("jobsets", "jobset.x-k8s.io", "JobSet", "v1alpha2", { "meta.helm.sh/release-name": "theirs" }),
            crd("workloads", "kueue.x-k8s.io", "Workload", "v1alpha1"),
        );
        assert.deepEqual(await preview({ addons: { kueue: { namespace }, jobset: { namespace } } }), [
            "addons.jobset: its CRD jobsets.jobset.x-k8s.io belongs to the Helm release theirs; set existing: true, " +
                "or migrate it: set the annotation helm.sh/resource-policy=keep on its CRDs, run helm uninstall, and " +
                "remove the annotations meta.helm.sh/* from the CRDs",
            "addons.kueue: workloads.kueue.x-k8s.io has objects stored as v1alpha1, which 0.19.2 no longer serves; first " +
                "install a version that serves both, rewrite each object with it (kubectl get " +
                "workloads.kueue.x-k8s.io -A -o yaml | kubectl replace -f -), and remove v1alpha1 from the CRD's " +
                "status.storedVersions",
        ]);
    });
});
