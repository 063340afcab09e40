import assert from "node:assert/strict";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";

import { parse } from "yaml";

import { requiredVersion } from "../../local/offline/go-mod";
import { toolOf } from "../../local/offline/go-tools";
import { sourceDir } from "../../local/paths";
import { catalog } from "../../src/platform/addon-catalog";
import type { Definition } from "../../src/platform/catalog/definition";
import { tarOf } from "../controllers/support/archive";
import { chartFile, writeStandIn } from "../controllers/support/chart-from-manifests";
import {
    argoWorkflowsChart,
    kedaChart,
    kubePrometheusStackChart,
    kuberayChart,
} from "../controllers/support/chart-stand-ins";
import { placeChart, pushChart, releaseChart } from "../controllers/support/charts";
import { digestOf, pulledManifest } from "../controllers/support/oci";
import { imageConfiguration, pushImage } from "../controllers/support/program-images";
import { controllerNames, controllerOf } from "../controllers/support/recipes";

const directory = mkdtempSync(path.join(tmpdir(), "controllers-"));
after(() => rmSync(directory, { recursive: true }));

let count = 0;
const fresh = (): string => path.join(directory, String(count++));

/** A chart's directory with these files. */
function chart(files: Record<string, string>): string {
    const place = fresh();
    for (const [name, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(place, name)), { recursive: true });
        writeFileSync(path.join(place, name), content);
    }
    return place;
}

const chartYaml = (version: string): string => `apiVersion: v2\nname: widgets\nversion: ${version}\n`;
const read = (...names: string[]): string => readFileSync(path.join(...names), "utf8");

/** The part of a registry that a push needs. */
class FakeRegistry {
    readonly blobs = new Map<string, Buffer>();
    readonly manifests = new Map<string, { type: string; content: string }>();
    uploads = 0;
    private readonly server: Server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
            const { status, headers, body } = this.answer(
                request.method!,
                new URL(request.url!, "http://registry"),
                Buffer.concat(chunks),
                request.headers["content-type"] ?? "",
            );
            response.writeHead(status, headers).end(body);
        });
    });

    private answer(
        method: string,
        { pathname, searchParams }: URL,
        content: Buffer,
        type: string,
    ): { status: number; headers?: Record<string, string>; body?: string } {
        const manifest = this.manifests.get(pathname);
        if (pathname.includes("/manifests/") && method === "PUT") {
            this.manifests.set(pathname, { type, content: content.toString() });
            return { status: 201 };
        }
        if (pathname.includes("/manifests/")) {
            return manifest
                ? { status: 200, headers: { "Content-Type": manifest.type }, body: manifest.content }
                : { status: 404 };
        }
        if (method === "HEAD") {
            return { status: this.blobs.has(path.basename(pathname)) ? 200 : 404 };
        }
        if (method === "POST") {
            return { status: 202, headers: { Location: `${pathname}session?state=1` } };
        }
        const digest = searchParams.get("digest")!;
        if (searchParams.get("state") !== "1" || digestOf(content) !== digest) {
            return { status: 400 };
        }
        this.uploads++;
        this.blobs.set(digest, content);
        return { status: 201 };
    }

    async start(): Promise<string> {
        await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
        return `localhost:${(this.server.address() as AddressInfo).port}`;
    }

    stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}

describe("the table of controllers", () => {
    for (const name of controllerNames) {
        it(`${name}: its charts are those that add-ons install, its programs have modules`, () => {
            const { images, charts } = controllerOf(name);
            // Charts that are not of add-ons are listed where they are used.
            const shown = ["examples/addon/index.ts", "docs/llm-server.md"].flatMap((file) => [
                ...read(sourceDir(file)).matchAll(/chart: "([^"]+)".*?version: "([^"]+)"/gs),
            ]);
            const published = [
                ...Object.values(catalog as Record<string, Definition>).flatMap(
                    ({ charts: own, optionalCharts = [] }) => [
                        ...own,
                        ...optionalCharts.flatMap((part) => part.charts),
                    ],
                ),
                ...shown.map(([, chart, version]) => ({ name: chart!, version: version! })),
            ];
            for (const { name: chartName, version } of charts) {
                const source = published.find((candidate) => candidate.name === chartName);
                assert.equal(source?.version, version, chartName);
            }
            for (const { tool, repository, path: place } of images) {
                assert.ok(existsSync(path.join(tool.module, "go.sum")), tool.module);
                assert.match(repository, /^[a-z.0-9]+\.[a-z]+\/[a-z/-]+$/);
                assert.match(place, /^\//);
            }
        });
    }

    it("names every image as its project does", () => {
        const names = controllerNames.map(controllerOf).flatMap(({ images, packaged }) => [...images, ...packaged]);
        const references = names.map(({ repository, tag }) => `${repository}:${tag}`);
        for (const reference of [
            "registry.k8s.io/kueue/kueue:v0.19.2",
            "registry.k8s.io/jobset/jobset:v0.12.0",
            "ghcr.io/kedacore/keda-metrics-apiserver:2.20.2",
            "docker.io/kserve/kserve-controller:v0.20.0",
            "quay.io/jetstack/cert-manager-webhook:v1.21.1",
            "docker.io/envoyproxy/gateway:v1.9.0",
            "docker.io/envoyproxy/envoy:distroless-v1.39.0",
            "quay.io/prometheus/prometheus:v3.16.0",
            "quay.io/prometheus/alertmanager:v0.34.0",
        ]) {
            assert.ok(references.includes(reference), reference);
        }
    });

    // Each is compiled only once as long as all of them, and the cluster's own binary, require the same version.
    const shared = ["k8s.io/api", "k8s.io/apimachinery", "k8s.io/client-go"];
    const sharedByControllers = ["k8s.io/utils", "golang.org/x/net", "golang.org/x/sys", "golang.org/x/text"];
    for (const name of ["jobset", "trainer", "lws", "metrics-server", "kube-rbac-proxy", "cert-manager"]) {
        it(`${name} is built with the libraries that Kueue is built with`, () => {
            const goMod = (module: string): string => read(sourceDir("tests", "controllers", "go", module, "go.mod"));
            const kubernetes = read(toolOf("kubernetes").module, "go.mod");
            for (const library of shared) {
                assert.equal(requiredVersion(goMod(name), library), requiredVersion(kubernetes, library));
            }
            for (const library of [...shared, ...sharedByControllers]) {
                assert.equal(requiredVersion(goMod(name), library), requiredVersion(goMod("kueue"), library), library);
            }
        });
    }
});

describe("a chart of a module", () => {
    const source = chart({
        "Chart.yaml":
            "# a comment\nname: widgets\nversion: v0.0.0 # a placeholder\n" +
            "dependencies:\n  - name: one\n    version: 1.0.0\n  - name: two\n    version: 1.0.0\n",
        "values.yaml": "image:\n  # where it is\n  repository: staging/widgets\n  tag: main\nreplicas: 1\n",
        "templates/a.yaml": "kind: ConfigMap\n",
    });

    it("gets the version and the values with which it is published", async () => {
        const target = fresh();
        const values = { "image.repository": "public/widgets", "image.tag": "v1.2.3" };
        await releaseChart(source, target, { version: "1.2.3", appVersion: "v1.2.3", values, without: ["two"] });
        assert.deepEqual(parse(read(target, "Chart.yaml")), {
            name: "widgets",
            version: "1.2.3",
            appVersion: "v1.2.3",
            dependencies: [{ name: "one", version: "1.0.0" }],
        });
        assert.deepEqual(parse(read(target, "values.yaml")), {
            image: { repository: "public/widgets", tag: "v1.2.3" },
            replicas: 1,
        });
        assert.match(read(target, "values.yaml"), /# where it is/);
        assert.equal(read(target, "templates", "a.yaml"), "kind: ConfigMap\n");
        assert.match(read(source, "Chart.yaml"), /v0\.0\.0/);
    });

    it("gets its values from a template if it has no others", async () => {
        const target = fresh();
        const unfinished = chart({
            "Chart.yaml": chartYaml("0"),
            "values.tmpl.yaml": "image: ${Image}\nreplicas: 1\n",
        });
        const values = { image: "public/widgets:v1.2.3" };
        await releaseChart(unfinished, target, { version: "1.2.3", template: "values.tmpl.yaml", values });
        assert.deepEqual(readdirSync(target).sort(), ["Chart.yaml", "values.yaml"]);
        assert.deepEqual(parse(read(target, "values.yaml")), { image: "public/widgets:v1.2.3", replicas: 1 });
    });

    it("is replaced only when it has changed", async () => {
        const place = chart({ "Chart.yaml": chartYaml("1.0.0") });
        const before = statSync(place).ino;
        const same = chart({ "Chart.yaml": chartYaml("1.0.0") });
        await placeChart(same, place);
        assert.equal(statSync(place).ino, before);
        assert.equal(existsSync(same), false);
        await placeChart(chart({ "Chart.yaml": chartYaml("1.0.0"), "values.yaml": "a: 1\n" }), place);
        assert.notEqual(statSync(place).ino, before);
        assert.equal(read(place, "values.yaml"), "a: 1\n");
    });
});

describe("a push to the registry", () => {
    const registry = new FakeRegistry();
    let host: string;
    before(async () => {
        host = await registry.start();
    });
    after(() => registry.stop());

    it("of a chart can be pulled by Helm", async () => {
        const widgets = chart({ "Chart.yaml": chartYaml("1.0.0+build.1"), "templates/a.yaml": "kind: ConfigMap\n" });
        assert.equal(await pushChart(widgets, host), `${host}/charts/widgets:1.0.0_build.1`);
        const manifest = await pulledManifest(host, "charts/widgets", "1.0.0_build.1");
        assert.equal(manifest?.config.mediaType, "application/vnd.cncf.helm.config.v1+json");
        assert.deepEqual(JSON.parse(registry.blobs.get(manifest.config.digest)!.toString()), {
            apiVersion: "v2",
            name: "widgets",
            version: "1.0.0+build.1",
        });
        const [layer] = manifest.layers;
        assert.equal(layer?.mediaType, "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
        const content = gunzipSync(registry.blobs.get(layer.digest)!).toString();
        assert.ok(content.includes("widgets/Chart.yaml") && content.includes("widgets/templates/a.yaml"));
    });

    it("uploads nothing that exists, and puts a changed chart under the same tag", async () => {
        const files = { "Chart.yaml": chartYaml("2.0.0") };
        await pushChart(chart(files), host);
        const { uploads } = registry;
        await pushChart(chart(files), host);
        assert.equal(registry.uploads, uploads);
        const before = await pulledManifest(host, "charts/widgets", "2.0.0");
        await pushChart(chart({ ...files, "values.yaml": "a: 1\n" }), host);
        assert.equal(registry.uploads, uploads + 1);
        assert.notDeepEqual(await pulledManifest(host, "charts/widgets", "2.0.0"), before);
    });

    it("of an image is skipped until the program has changed", async () => {
        const cache = mkdtempSync(path.join(directory, "cache-"));
        mkdirSync(path.join(cache, "tools"));
        writeFileSync(path.join(cache, "program"), "#!/bin/sh\n", { mode: 0o755 });
        const zones = path.join(cache, "zoneinfo.zip");
        writeFileSync(zones, "");
        const image = {
            repository: "example.test/widgets",
            tag: "v1",
            program: path.join(cache, "program"),
            path: "/bin/manager",
            timeZones: () => Promise.resolve(zones),
        };
        const saved = process.env.KUBERNETES_MLOPS_CACHE;
        process.env.KUBERNETES_MLOPS_CACHE = cache;
        try {
            assert.equal(await pushImage({ ...image, key: "1" }, host), true);
            assert.equal(await pushImage({ ...image, key: "1" }, host), false);
            assert.equal(await pushImage({ ...image, key: "2" }, host), true);
        } finally {
            if (saved === undefined) {
                delete process.env.KUBERNETES_MLOPS_CACHE;
            } else {
                process.env.KUBERNETES_MLOPS_CACHE = saved;
            }
        }
        assert.deepEqual(readdirSync(path.join(cache, "tools")), []);
        const manifest = await pulledManifest(host, image.repository, image.tag);
        const layer = registry.blobs.get(manifest!.layers[0]!.digest)!;
        assert.ok(layer.includes("./bin/manager") && layer.includes("./etc/ssl/certs/ca-certificates.crt"));
        assert.equal(
            registry.blobs.get(manifest!.config.digest)!.toString(),
            imageConfiguration("/bin/manager", digestOf(layer)),
        );
    });

    it("reports what went wrong", async () => {
        const unknown = "localhost:1";
        await assert.rejects(pulledManifest(unknown, "a", "b"), /fetch failed/);
        const broken = createServer((_, response) => response.writeHead(500).end());
        await new Promise<void>((resolve) => broken.listen(0, "127.0.0.1", resolve));
        const { port } = broken.address() as AddressInfo;
        await assert.rejects(
            pulledManifest(`localhost:${port}`, "a", "b"),
            /reading http:\/\/localhost:\d+\/v2\/a\/manifests\/b failed: the registry answered 500/,
        );
        broken.closeAllConnections();
        broken.close();
    });
});

describe("a tar", () => {
    it("has the same bytes each time", async () => {
        const files = { "b.txt": "b", "a/c.txt": "c" };
        const [one, other] = [chart(files), chart(files)];
        assert.ok((await tarOf(one, "top")).equals(await tarOf(other, "top")));
    });
});

describe("a stand-in for a chart", () => {
    const keda = kedaChart("2.20.2");

    it("leaves what looks like a template in a CRD alone, and has the published switch", () => {
        const crd = { kind: "CustomResourceDefinition", metadata: { name: "a" }, description: "{{ x }}" };
        const { directory: place, content } = chartFile(crd, keda);
        assert.equal(place, "templates");
        assert.match(content, /^\{\{- if \.Values\.crds\.install \}\}\n[^]*\{\{- end \}\}\n$/);
        assert.ok(content.includes("{{ `{{` }} x }}"), content);
        assert.deepEqual(chartFile(crd, kuberayChart("1.6.2")).directory, "crds");
    });

    it("takes the namespace, the image, the replicas and the resources from the values", () => {
        const container = { image: "ghcr.io/kedacore/keda:main", imagePullPolicy: "Always", args: ["--a"] };
        const { content } = chartFile(
            {
                kind: "Deployment",
                metadata: { name: "keda-metrics-apiserver", namespace: "keda" },
                spec: { replicas: 1, template: { spec: { containers: [container] } } },
            } as Parameters<typeof chartFile>[0],
            keda,
        );
        for (const line of [
            '  namespace: "{{ .Release.Namespace }}"',
            "  replicas: {{ toJson .Values.metricsServer.replicaCount }}",
            "          resources: {{ toJson .Values.resources.metricServer }}",
            "            - --a",
        ]) {
            assert.ok(content.split("\n").includes(line), `${line}\n${content}`);
        }
        assert.match(content, /\/\{\{ \.Values\.image\.metricsApiServer\.repository \}\}:/);
        assert.match(content, /--metrics-service-address=keda-operator\.\{\{ \.Release\.Namespace \}\}\.svc/);
    });

    it("has an optional Deployment only if the values enable it", () => {
        const container = { image: "quay.io/argoproj/argocli:latest", imagePullPolicy: "Always" };
        const { content } = chartFile(
            {
                kind: "Deployment",
                metadata: { name: "argo-server", namespace: "argo" },
                spec: { replicas: 1, template: { spec: { containers: [container] } } },
            } as Parameters<typeof chartFile>[0],
            argoWorkflowsChart("4.0.5"),
        );
        assert.match(content, /^\{\{- if \.Values\.server\.enabled \}\}\n[^]*\{\{- end \}\}\n$/);
        assert.match(content, / imagePullPolicy: "\{\{ \.Values\.images\.pullPolicy \}\}"/);
    });

    it("refuses a Deployment that a later version adds", () => {
        const deployment = { kind: "Deployment", metadata: { name: "new" }, spec: { template: { spec: {} } } };
        const other = { ...deployment, spec: { template: { spec: { containers: [] } } } };
        assert.throws(() => chartFile(other, keda), /The manifests of keda have a Deployment new/);
    });

    it("takes the kinds that it names, and adds its templates", async () => {
        const target = fresh();
        const manifests = [
            "kind: CustomResourceDefinition\nmetadata: {name: prometheuses.monitoring.coreos.com}\n",
            "kind: ClusterRole\nmetadata: {name: prometheus-operator}\n",
            "kind: Deployment\nmetadata: {name: prometheus-operator}\n",
        ];
        const kubectl = (): Promise<string> => Promise.resolve(manifests.join("---\n"));
        await writeStandIn(kubePrometheusStackChart("0.93.1", "v3.16.0", "v0.34.0"), "/module", target, kubectl);
        assert.deepEqual(readdirSync(path.join(target, "templates")).sort(), [
            "_helpers.tpl",
            "alertmanager.yaml",
            "clusterrole-prometheus-operator.yaml",
            "kubelet.yaml",
            "operator.yaml",
            "prometheus.yaml",
            "webhooks.yaml",
        ]);
    });

    it("is a chart without the namespace of the manifests", async () => {
        const target = fresh();
        const manifests = [
            "kind: Namespace\nmetadata: {name: keda}\n",
            "kind: ServiceAccount\nmetadata: {name: keda-operator, namespace: keda}\n",
        ];
        const asked: string[][] = [];
        await writeStandIn(keda, "/module", target, (args) => {
            asked.push(args);
            return Promise.resolve(manifests.join("---\n"));
        });
        assert.deepEqual(asked, [["kustomize", "/module/config/default"]]);
        assert.deepEqual(readdirSync(path.join(target, "templates")), ["serviceaccount-keda-operator.yaml"]);
        assert.deepEqual(parse(read(target, "Chart.yaml")), {
            apiVersion: "v2",
            name: "keda",
            type: "application",
            version: "2.20.2",
            appVersion: "2.20.2",
        });
    });
});
