/**
 * A chart of the tests with everything that makes charts hard: CRDs in `crds/` and in templates, one of them with a
 * conversion webhook; a webhook whose CA bundle is late; a hook, a Secret and a Deployment. And its controller, which
 * the API server really calls.
 */
import * as fs from "node:fs";
import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { stringify } from "yaml";

import { certificate } from "../../local/cluster/credentials";
import { kubectl } from "./kubectl";

export const group = "widgets.example.com";
export type WidgetsVersion = "0.1.0" | "0.2.0";

const schema = (colour: boolean): object => ({
    openAPIV3Schema: {
        type: "object",
        properties: {
            spec: {
                type: "object",
                properties: { size: { type: "integer" }, ...(colour && { colour: { type: "string" } }) },
            },
        },
    },
});

function crd(plural: string, kind: string, versions: object[], conversion?: object): object {
    return {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.${group}` },
        spec: {
            group,
            scope: "Namespaced",
            names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
            versions,
            ...(conversion && { conversion }),
        },
    };
}

/** In 0.2, gadgets get a field, and widgets a second version, which is the storage version from then on. */
const gadgets = (next: boolean): object =>
    crd("gadgets", "Gadget", [{ name: "v1", served: true, storage: true, schema: schema(next) }]);

const widgets = (next: boolean): object =>
    crd(
        "widgets",
        "Widget",
        [
            { name: "v1", served: true, storage: !next, schema: schema(false) },
            ...(next ? [{ name: "v2", served: true, storage: true, schema: schema(true) }] : []),
        ],
        next
            ? {
                  strategy: "Webhook",
                  webhook: { clientConfig: { url: "{{ .Values.url }}/convert" }, conversionReviewVersions: ["v1"] },
              }
            : undefined,
    );

const templates = (version: WidgetsVersion): Record<string, object> => ({
    "webhook.yaml": {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        metadata: { name: "widgets" },
        webhooks: [
            {
                name: `mutate.${group}`,
                admissionReviewVersions: ["v1"],
                sideEffects: "None",
                failurePolicy: "Fail",
                clientConfig: { url: "{{ .Values.url }}/mutate" },
                rules: [{ apiGroups: [group], apiVersions: ["*"], operations: ["CREATE"], resources: ["widgets"] }],
            },
        ],
    },
    "configuration.yaml": {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "widgets", labels: { "helm.sh/chart": `widgets-${version}` } },
        data: { motto: "{{ .Values.motto }}" },
    },
    "secret.yaml": {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "widgets" },
        data: { password: "{{ .Values.password | b64enc }}" },
    },
    // No pods: there may be no node to run them.
    "deployment.yaml": {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "widgets" },
        spec: {
            replicas: 0,
            selector: { matchLabels: { app: "widgets" } },
            template: {
                metadata: { labels: { app: "widgets" } },
                spec: {
                    initContainers: [{ name: "prepare", image: "busybox:1.37" }],
                    containers: [
                        { name: "main", image: "quay.io/example/widgets:v1", args: ["--sidecar=ghcr.io/a/b:v2"] },
                    ],
                },
            },
        },
    },
    "hook.yaml": {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "widgets-hook", annotations: { "helm.sh/hook": "post-install" } },
        spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox" }] } } },
    },
});

/** A directory with `widgets-0.1.0` and `widgets-0.2.0`, laid out as a mirror of charts. */
export function writeWidgetCharts(): string {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-charts-"));
    for (const version of ["0.1.0", "0.2.0"] as const) {
        const next = version === "0.2.0";
        const files: Record<string, object> = {
            "Chart.yaml": { apiVersion: "v2", name: "widgets", version },
            "values.yaml": { url: "", motto: "small is beautiful", password: "" },
            "crds/gadgets.yaml": gadgets(next),
            "templates/widgets.yaml": widgets(next),
            ...Object.fromEntries(
                Object.entries(templates(version)).map(([name, file]) => [`templates/${name}`, file]),
            ),
        };
        for (const [name, content] of Object.entries(files)) {
            const file = path.join(directory, `widgets-${version}`, name);
            fs.mkdirSync(path.dirname(file), { recursive: true });
            fs.writeFileSync(file, stringify(content, { lineWidth: 0 }));
        }
    }
    return directory;
}

interface Review {
    apiVersion: string;
    kind: string;
    request: {
        uid: string;
        desiredAPIVersion?: string;
        objects?: Record<string, unknown>[];
        object?: { metadata?: { annotations?: object } };
    };
}

/** The response to a request of the API server: widgets are annotated, and converted by changing only their version. */
function answer(url: string, { apiVersion, kind, request }: Review): object {
    const { uid } = request;
    if (url.startsWith("/convert")) {
        const convertedObjects = request.objects!.map((object) => ({
            ...object,
            apiVersion: request.desiredAPIVersion,
        }));
        return { apiVersion, kind, response: { uid, result: { status: "Success" }, convertedObjects } };
    }
    const patch = JSON.stringify([
        {
            op: "add",
            path: "/metadata/annotations",
            value: { ...request.object?.metadata?.annotations, mutated: "yes" },
        },
    ]);
    return {
        apiVersion,
        kind,
        response: { uid, allowed: true, patchType: "JSONPatch", patch: Buffer.from(patch).toString("base64") },
    };
}

async function read(request: IncomingMessage): Promise<Review> {
    let text = "";
    for await (const part of request) {
        text += String(part);
    }
    return JSON.parse(text) as Review;
}

/** The controller: serves the webhooks, and writes its CA bundle where it is missing, after a delay. */
export class WidgetsController {
    private running = true;
    private injecting: Promise<void>;
    /** When the CA bundle was written into the webhook configuration. */
    injected: Date[] = [];

    private constructor(
        private readonly server: https.Server,
        readonly url: string,
        public delay: number,
    ) {
        this.injecting = this.inject();
    }

    static async start(delay: number): Promise<WidgetsController> {
        const server = https.createServer(
            { cert: fs.readFileSync(certificate("apiserver.crt")), key: fs.readFileSync(certificate("apiserver.key")) },
            (request, response) => {
                void read(request).then((review) => response.end(JSON.stringify(answer(request.url!, review))));
            },
        );
        // As in Go servers: if the server closed a connection while the API server sends a request on it, that request
        // would fail.
        server.keepAliveTimeout = 0;
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return new WidgetsController(server, `https://127.0.0.1:${(server.address() as AddressInfo).port}`, delay);
    }

    async stop(): Promise<void> {
        this.running = false;
        await this.injecting;
        this.server.close();
        this.server.closeAllConnections();
    }

    private async inject(): Promise<void> {
        const authority = fs.readFileSync(certificate("ca.crt")).toString("base64");
        const targets: [string, string, string][] = [
            [
                "mutatingwebhookconfiguration/widgets",
                "{.webhooks[0].clientConfig}",
                "/webhooks/0/clientConfig/caBundle",
            ],
            [
                `customresourcedefinition/widgets.${group}`,
                "{.spec.conversion.webhook.clientConfig}",
                "/spec/conversion/webhook/clientConfig/caBundle",
            ],
        ];
        for (; this.running; await sleep(300)) {
            for (const [object, field, target] of targets) {
                const found = await kubectl("get", object, `--output=jsonpath=${field}`).catch(() => "");
                if (found.includes(this.url) && !found.includes("caBundle")) {
                    await sleep(object.startsWith("custom") ? 0 : this.delay);
                    const patch = JSON.stringify([{ op: "add", path: target, value: authority }]);
                    const options = ["--type=json", "--field-manager=widgets-controller", `--patch=${patch}`];
                    await kubectl("patch", object, ...options).then(
                        () => this.injected.push(new Date()),
                        () => undefined,
                    );
                }
            }
        }
    }
}
