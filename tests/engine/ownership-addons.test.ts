/**
 * Whose the objects of charts and of KServe are, which are overwritten by force: a record that is created before them
 * keeps other stacks out. With the real CLI and its exit codes; no pod is needed.
 */
import { strict as assert } from "node:assert";

import { stringify } from "yaml";

import { run } from "../../local/run";
import { ensureTools } from "../../local/toolchain";
import { image } from "../support/arguments";
import { assertNoStackTrace, problemsOf } from "../support/cli-output";
import { CliProject } from "../support/cli-project";
import { installCrds, removeCrds, whyCrdsMissing } from "../support/crds";
import { directoryWith } from "../support/directories";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { createObjects, deleteObjects, getObjects, kubectl } from "../support/kubectl";
import { unchecked } from "../support/unchecked";

/** What must stay the same of an object: whether it is the same one, and whether it was written to. */
interface Found {
    kind: string;
    metadata: { name: string; uid: string; resourceVersion: string };
}

const states = async (...lists: string[][]): Promise<Record<string, string>> => {
    const found = await Promise.all(lists.map((list) => getObjects<{ items: Found[] }>(...list)));
    return Object.fromEntries(
        found
            .flatMap(({ items }) => items)
            .filter(({ metadata }) => metadata.name !== "kube-root-ca.crt")
            .map(({ kind, metadata }) => [`${kind} ${metadata.name}`, `${metadata.uid} ${metadata.resourceVersion}`]),
    );
};

/** A chart with an object of each kind that is handled differently. The webhook is never called. */
const group = "gears.ownership.example.com";
const chart = {
    "Chart.yaml": stringify({ apiVersion: "v2", name: "gears", version: "1.0.0" }),
    "crds/gears.yaml": stringify({
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `gears.${group}` },
        spec: {
            group,
            scope: "Namespaced",
            names: { plural: "gears", singular: "gear", kind: "Gear", listKind: "GearList" },
            versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
        },
    }),
    "templates/webhook.yaml": stringify({
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingWebhookConfiguration",
        metadata: { name: "ownership-gears" },
        webhooks: [
            {
                name: `validate.${group}`,
                admissionReviewVersions: ["v1"],
                sideEffects: "None",
                clientConfig: { url: "https://127.0.0.1:1/" },
                rules: [{ apiGroups: [group], apiVersions: ["*"], operations: ["CREATE"], resources: ["gears"] }],
            },
        ],
    }),
    "templates/configuration.yaml": stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "gears" },
        data: { motto: "{{ .Values.motto }}" },
    }),
};

describe("the owner of the charts of an Addon, on a real API server", function () {
    this.timeout("3m");
    inOrder();

    const namespace = "ownership-gears";
    let project: CliProject;

    const objects = () =>
        states(
            ["configmaps", "--namespace", namespace],
            ["customresourcedefinitions", "--field-selector", `metadata.name=gears.${group}`],
            ["validatingwebhookconfigurations", "--field-selector", "metadata.name=ownership-gears"],
        );
    /** The namespace is shared by all that is in it, so only its content is anyone's own. */
    const space = async () => {
        const { metadata } = await getObjects<{ metadata: { uid: string; labels: object } }>("namespace", namespace);
        return { uid: metadata.uid, labels: metadata.labels };
    };

    before(() => {
        const directory = directoryWith(chart);
        project = new CliProject(
            "tools",
            `
            const pulumi = require("@pulumi/pulumi");
            const mlops = require("kubernetes-mlops");
            const charts = [{ chart: ${JSON.stringify(directory)}, release: "gears", values: { motto: pulumi.getStack() } }];
            new mlops.Addon("gears", { charts, namespace: "${namespace}" });
            if (process.env.TWICE) {
                new mlops.Addon("cogs", { charts, namespace: "${namespace}" });
            }
        `,
        );
    });
    after(async () => {
        await kubectl("delete", "crd", `gears.${group}`, "--ignore-not-found");
        await kubectl("delete", "namespace", namespace, "--ignore-not-found");
        project?.remove();
    });

    it("is the stack that has installed them", async () => {
        await project.succeed(["stack", "init", "first"]);
        await project.succeed(["up", "--yes", "--stack", "first"]);
        assert.deepEqual(Object.keys(await objects()).sort(), [
            "ConfigMap gears",
            "ConfigMap kubernetes-mlops-release-gears",
            `CustomResourceDefinition gears.${group}`,
            "ValidatingWebhookConfiguration ownership-gears",
        ]);
        await project.succeed(["preview", "--expect-no-changes", "--stack", "first"]);
    });

    it("refuses another stack in its preview, in one line", async () => {
        const before = await objects();
        await project.succeed(["stack", "init", "second"]);
        const { code, output } = await project.run(["preview", "--stack", "second"]);
        assert.notEqual(code, 0, output);
        assertNoStackTrace(output);
        assert.deepEqual(
            problemsOf(output, "Addon"),
            [
                `Addon "gears": the ConfigMap ${namespace}/kubernetes-mlops-release-gears belongs to the stack first of the ` +
                    "project tools; its charts are installed already: remove this Addon, or set another namespace and release",
            ],
            output,
        );
        assert.deepEqual(await objects(), before);
    });

    it("keeps them as they are in an update of another stack that skips the preview, and at the end of that stack", async () => {
        const [before, spaceBefore] = [await objects(), await space()];
        const { code, output } = await project.run(["up", "--yes", "--skip-preview", "--stack", "second"]);
        assert.notEqual(code, 0, output);
        assertNoStackTrace(output);
        assert.match(output, /"pulumi\/tools\/second" had an apply conflict: .* with "pulumi\/tools\/first"/);
        assert.deepEqual(await objects(), before);
        await project.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "second"]);
        assert.deepEqual(await objects(), before);
        assert.deepEqual(await space(), spaceBefore);
        await project.succeed(["preview", "--expect-no-changes", "--refresh", "--stack", "first"]);
    });

    it("is one Addon of a program: the second one is refused", async () => {
        const before = await objects();
        for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const { code, output } = await project.run([...command, "--stack", "first"], { TWICE: "yes" });
            assert.notEqual(code, 0, output);
            assertNoStackTrace(output);
            assert.deepEqual(problemsOf(output, "Addon"), [
                `Addon "cogs": the release ${namespace}/gears already belongs to Addon "gears"; give one of them another name`,
            ]);
        }
        assert.deepEqual(await objects(), before);
        await project.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "first"]);
        assert.deepEqual(Object.keys(await objects()), [`CustomResourceDefinition gears.${group}`]);
    });
});

describe("the owner of an LlmServer on KServe, on a real API server", function () {
    this.timeout("3m");
    inOrder();

    const namespace = "ownership-kserve";
    const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    const kinds = ["serving.kserve.io/LLMInferenceService"];
    const missing = whyCrdsMissing(kinds);
    if (missing !== undefined) {
        unchecked(missing, "keeps other stacks out");
        return;
    }

    let crds: string[] = [];
    let project: CliProject;
    const objects = () =>
        states(
            ["configmaps", "--namespace", namespace],
            ["llminferenceservices.serving.kserve.io", "--namespace", namespace],
        );

    before(async () => {
        crds = await installCrds(kinds);
        await createObjects(space);
        project = new CliProject(
            "models",
            `
            const pulumi = require("@pulumi/pulumi");
            const mlops = require("kubernetes-mlops");
            // Nothing makes the server ready without KServe.
            const unawaited = ({ type, props, opts }) => {
                const { metadata = {} } = props;
                const annotations = { ...metadata.annotations, "pulumi.com/skipAwait": "true" };
                return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
            };
            const replicas = pulumi.getStack() === "first" ? 1 : 2;
            new mlops.LlmServer(
                "chat",
                {
                    workspace: { namespace: "${namespace}" },
                    image: "${image}",
                    model: "meta-llama/Llama-3.1-8B-Instruct",
                    gpu: { product: "NVIDIA-H100-80GB-HBM3" },
                    backend: "KServe",
                    replicas,
                },
                { transforms: [unawaited] },
            );
        `,
        );
    });
    after(async () => {
        await deleteObjects(space);
        await removeCrds(crds);
        project?.remove();
    });

    it("is the stack that has created it", async () => {
        await project.succeed(["stack", "init", "first"]);
        await project.succeed(["up", "--yes", "--stack", "first"]);
        assert.deepEqual(Object.keys(await objects()).sort(), [
            "ConfigMap chat-llm-server",
            "LLMInferenceService chat",
        ]);
        await project.succeed(["preview", "--expect-no-changes", "--stack", "first"]);
    });

    it("refuses another stack in its preview, in one line", async () => {
        await project.succeed(["stack", "init", "second"]);
        const { code, output } = await project.run(["preview", "--stack", "second"]);
        assert.notEqual(code, 0, output);
        assertNoStackTrace(output);
        const [problem, ...more] = problemsOf(output, "LlmServer");
        assert.deepEqual(more, [], output);
        assert.match(
            problem ?? output,
            new RegExp(
                `^LlmServer "chat": the (ConfigMap ${namespace}/chat-llm-server|LLMInferenceService ${namespace}/chat) ` +
                    "belongs to the stack first of the project models; set name to create this one under another " +
                    "name, or delete that one first$",
            ),
        );
    });

    it("keeps it as it is in an update of another stack that skips the preview, and at the end of that stack", async () => {
        const before = await objects();
        const { code, output } = await project.run(["up", "--yes", "--skip-preview", "--stack", "second"]);
        assert.notEqual(code, 0, output);
        assertNoStackTrace(output);
        assert.match(output, /"pulumi\/models\/second" had an apply conflict: .* with "pulumi\/models\/first"/);
        assert.deepEqual(await objects(), before);
        await project.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "second"]);
        assert.deepEqual(await objects(), before);
        await project.succeed(["preview", "--expect-no-changes", "--refresh", "--stack", "first"]);
        await project.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "first"]);
        assert.deepEqual(await objects(), {});
    });
});

describe("the owner of a Platform, on a real API server", function () {
    this.timeout("3m");

    const namespace = "ownership-platform";
    let project: CliProject;

    before(() => {
        // In place of JobSet's own chart, whose controller needs a node.
        const files = Object.entries({
            "Chart.yaml": stringify({ apiVersion: "v2", name: "jobset", version: "0.12.0" }),
            "templates/configuration.yaml": chart["templates/configuration.yaml"],
        });
        const mirror = directoryWith(Object.fromEntries(files.map(([name, text]) => [`jobset-0.12.0/${name}`, text])));
        project = new CliProject(
            "company",
            `
            const mlops = require("kubernetes-mlops");
            const mirror = { charts: ${JSON.stringify(mirror)} };
            new mlops.Platform("platform", { addons: { jobset: { namespace: "${namespace}" } }, mirror });
        `,
        );
    });
    after(async () => {
        await kubectl("delete", "namespace", namespace, "--ignore-not-found");
        project?.remove();
    });

    it("is handed over to a stack of another name by the command that its preview prints", async () => {
        await project.succeed(["stack", "init", "staging"]);
        await project.succeed(["up", "--yes", "--stack", "staging"]);
        await project.succeed(["preview", "--expect-no-changes", "--stack", "staging"]);

        await project.succeed(["stack", "rename", "production", "--stack", "staging"]);
        const { code, output } = await project.run(["preview", "--stack", "production"]);
        assert.notEqual(code, 0, output);
        const lines = [...new Set(problemsOf(output, "Platform"))];
        const [, command] = / run (kubectl annotate .*)$/.exec(lines[0] ?? "") ?? [];
        assert.deepEqual(
            lines,
            [
                'Platform "platform": addons.jobset: is already installed by company/staging/platform; set existing: true, ' +
                    `or, if that was this stack under another name, run ${command}`,
            ],
            output,
        );

        const { kubernetes } = await ensureTools(["kubernetes"], () => undefined);
        const { kubeconfig } = savedEnvironment();
        await run("sh", ["-c", `kubectl() { "${kubernetes}" kubectl --kubeconfig="${kubeconfig}" "$@"; }; ${command}`]);
        const preview = await project.succeed(["preview", "--diff", "--stack", "production"]);
        assert.match(preview, /~ 1 to update\n/);
        assert.match(
            preview,
            /kubernetes-mlops\/owner *: "company\/staging\/platform" => "company\/production\/platform"/,
        );
        await project.succeed(["up", "--yes", "--skip-preview", "--stack", "production"]);
        await project.succeed(["preview", "--expect-no-changes", "--stack", "production"]);
        await project.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "production"]);
    });
});
