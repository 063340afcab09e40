/**
 * The route of an LlmServer to an InferencePool: Envoy Gateway supports such pools with Envoy AI Gateway, and asks an
 * endpoint picker for the pod of each request. A stand-in serves the model; everything between it and the client is
 * real.
 */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";

import { moduleDirectory } from "../../local/offline/go-build";
import * as mlops from "../../src";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";
import type { ControllerMirror } from "./support";
import { controllerOf } from "./support/recipes";

const namespace = "inference-pool-test";
const system = "envoy-gateway-system";
const aiSystem = "envoy-ai-gateway-system";
const gpu = "inference-pool.test/gpu";
const pickerName = "llm-picker";

let mirror: ControllerMirror;
let stack: TestStack;

/** The settings that Envoy Gateway needs for Envoy AI Gateway, as the latter documents. */
const extension = {
    extensionApis: { enableBackend: true },
    extensionManager: {
        backendResources: [{ group: "inference.networking.k8s.io", kind: "InferencePool", version: "v1" }],
        hooks: {
            xdsTranslator: {
                translation: {
                    listener: { includeAll: true },
                    route: { includeAll: true },
                    cluster: { includeAll: true },
                    secret: { includeAll: true },
                },
                post: ["Translation", "Cluster", "Route"],
            },
        },
        service: { fqdn: { hostname: `ai-gateway-controller.${aiSystem}.svc.cluster.local`, port: 1063 } },
    },
};

function program(): Promise<Record<string, never>> {
    const platform = new mlops.Platform("platform", {
        addons: {
            certManager: {},
            inferenceExtension: { existing: true },
            envoyGateway: { values: { config: { envoyGateway: extension } } },
        },
        footprint: mlops.Footprint.Small,
        mirror: mirrorOf(mirror),
    });
    const repository = "oci://docker.io/envoyproxy";
    const aiGateway = new mlops.Addon(
        "ai-gateway",
        {
            charts: [
                { chart: "ai-gateway-crds-helm", repository, version: "v1.0.0" },
                {
                    chart: "ai-gateway-helm",
                    repository,
                    version: "v1.0.0",
                    // Otherwise, the chart generates another certificate each time that it is rendered.
                    values: { controller: { mutatingWebhook: { certManager: { enable: true } } } },
                },
            ],
            namespace: aiSystem,
            caInjector: mlops.CaInjector.CertManager,
            mirror: mirrorOf(mirror),
        },
        { dependsOn: platform },
    );
    const gateway = new CustomResource(
        "gateway",
        {
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: "Gateway",
            metadata: { name: "public", namespace, annotations: { "pulumi.com/waitFor": "condition=Programmed" } },
            spec: {
                gatewayClassName: platform.addons.apply(({ envoyGateway }) => envoyGateway!.outputs.gatewayClass!),
                listeners: [{ name: "http", port: 80, protocol: "HTTP" }],
            },
        },
        { dependsOn: aiGateway },
    );
    new mlops.LlmServer(
        "llm",
        {
            workspace: { namespace },
            image: savedEnvironment().baseImage!,
            command: ["python3", "-c", readFileSync(path.join(__dirname, "inference-pool", "serve.py"), "utf8")],
            model: "acme/tiny",
            gpu: { resource: gpu },
            resources: { cpu: "10m", memory: "64Mi" },
            replicas: 2,
            route: { gateway: "public" },
            endpointPicker: { service: pickerName },
        },
        { dependsOn: gateway },
    );
    return Promise.resolve({});
}

/** The endpoint picker, as its own chart would install it. */
function pickerObjects(images: string): object[] {
    const metadata = { name: pickerName, namespace };
    const labels = { app: pickerName };
    const { repository, tag } = controllerOf("endpoint-picker").images[0]!;
    const config = {
        apiVersion: "inference.networking.x-k8s.io/v1alpha1",
        kind: "EndpointPickerConfig",
        plugins: [{ type: "queue-scorer" }, { type: "max-score-picker" }],
        schedulingProfiles: [
            { name: "default", plugins: [{ pluginRef: "queue-scorer" }, { pluginRef: "max-score-picker" }] },
        ],
    };
    const options = { "pool-name": "llm", "pool-namespace": namespace, "metrics-endpoint-auth": "false" };
    const container = {
        name: "epp",
        image: `${images}/${repository}:${tag}`,
        args: Object.entries({ ...options, "config-text": JSON.stringify(config) }).map(
            ([name, value]) => `--${name}=${value}`,
        ),
        readinessProbe: { grpc: { port: 9003, service: "inference-extension" }, periodSeconds: 2 },
    };
    const verbs = ["get", "list", "watch"];
    const group = "rbac.authorization.k8s.io";
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata },
        {
            apiVersion: `${group}/v1`,
            kind: "Role",
            metadata,
            rules: [
                { apiGroups: [""], resources: ["pods"], verbs },
                { apiGroups: ["inference.networking.k8s.io"], resources: ["inferencepools"], verbs },
                {
                    apiGroups: ["inference.networking.x-k8s.io"],
                    resources: ["inferenceobjectives", "inferencemodelrewrites"],
                    verbs,
                },
            ],
        },
        {
            apiVersion: `${group}/v1`,
            kind: "RoleBinding",
            metadata,
            roleRef: { apiGroup: group, kind: "Role", name: pickerName },
            subjects: [{ kind: "ServiceAccount", name: pickerName, namespace }],
        },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata,
            spec: { selector: labels, ports: [{ port: 9002, appProtocol: "http2" }] },
        },
        {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata,
            spec: {
                selector: { matchLabels: labels },
                template: {
                    metadata: { labels },
                    spec: { serviceAccountName: pickerName, containers: [container] },
                },
            },
        },
    ];
}

/** Sets the number of the node's GPUs, or removes them. */
async function setGpus(count: string | null): Promise<void> {
    const node = await kubectl("get", "nodes", "--output=jsonpath={.items[0].metadata.name}");
    const amounts = { [gpu]: count };
    const patch = JSON.stringify({ status: { capacity: amounts, allocatable: amounts } });
    await kubectl("patch", `node/${node}`, "--subresource=status", "--type=merge", `--patch=${patch}`);
}

async function post(url: string, body: object = {}): Promise<{ pod: string }> {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text) as { pod: string };
}

describe("the route of an LlmServer to an InferencePool", function () {
    this.timeout("10m");
    inOrder();

    const crds = async (): Promise<string> => {
        const { images, module } = controllerOf("endpoint-picker");
        return path.join(await moduleDirectory(images[0]!.tool, module), "config", "crd");
    };
    before(async function () {
        this.timeout("60m");
        mirror = await controllers(["cert-manager", "envoy-gateway", "ai-gateway", "endpoint-picker"]);
        await kubectl("apply", "--server-side", "--kustomize", await crds());
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
        await createObjects(...pickerObjects(mirror.images));
        await setGpus("2");
        stack = await TestStack.create("inference-pool", program);
    });
    after(async () => {
        await stack?.destroy();
        await setGpus(null);
        const groups = ["gateway.envoyproxy.io", "gateway.networking.k8s.io", "aigateway.envoyproxy.io"];
        const issued = ["cert-manager.io", "acme.cert-manager.io"];
        const namespaces = [namespace, system, aiSystem, "cert-manager"];
        await deleteLeftovers([...groups, ...issued], namespaces);
        await kubectl("delete", "--kustomize", await crds());
    });

    it("is accepted where Envoy AI Gateway is installed as well", async () => {
        await stack.up();
    });

    it("sends each request to the pod that the picker chooses, which has no waiting requests", async () => {
        const gateway = await kubectl(
            ...["get", "gateway/public", "--namespace", namespace, "--output=jsonpath={.status.addresses[0].value}"],
        );
        const { items: pods } = await getObjects<{
            items: { metadata: { name: string }; status: { podIP: string } }[];
        }>("pods", "--namespace", namespace, "--selector=app.kubernetes.io/name=llm");
        assert.equal(pods.length, 2);
        for (const free of pods) {
            for (const { metadata, status } of pods) {
                await post(`http://${status.podIP}:8000/waiting/${metadata.name === free.metadata.name ? 0 : 50}`);
            }
            // The picker scrapes them several times a second, if the machine is fast enough.
            await sleep(5000);
            const answers: Record<string, number> = {};
            for (let request = 0; request < 30; request++) {
                const body = { model: "acme/tiny", prompt: "Who is it?", max_tokens: 1 };
                const { pod } = await post(`http://${gateway}/v1/completions`, body);
                answers[pod] = (answers[pod] ?? 0) + 1;
            }
            console.log(`      ${JSON.stringify(answers)}, where ${free.metadata.name} was free`);
            // By chance, this many would occur once in 200,000 runs.
            assert.ok((answers[free.metadata.name] ?? 0) >= 27, JSON.stringify(answers));
        }
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });
});
