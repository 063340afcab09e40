/**
 * Stand-ins for the charts of a profile: the real CRDs, which are the largest part, with plain objects of the kinds and
 * in about the numbers that such charts contain. The real templates are not available everywhere, and need a node.
 */
import * as fs from "node:fs";
import * as path from "node:path";

import { stringify } from "yaml";

import { catalog } from "../src/platform/addon-catalog";
import type { ChartSource } from "../src/platform/catalog/definition";
import { type Profile, profiles } from "../src/platform/catalog/profiles";
import { plan, type PlannedAddon } from "../src/platform/plan";
import { crdVersions, chartSources } from "../src/platform/rendering/charts";

/** One chart as a program passes it to `kubernetes.helm.v4.Chart`. */
export interface Installed {
    chart: string;
    release: string;
    namespace: string;
    /** Whether it is a file of manifests. */
    manifest: boolean;
}

/** The add-ons of a profile, in the order in which they are installed. */
export const plannedOf = (profile: Profile): PlannedAddon[] =>
    plan({ addons: {}, profile: profiles[profile], definitions: catalog, problem: () => undefined });

/** Number of dashboards and alerting rules of the chart with the most ConfigMaps; others have two ConfigMaps. */
const configMaps: Record<string, number> = { "kube-prometheus-stack": 30 };

/** Number of Deployments of charts with several controllers. */
const deployments: Record<string, number> = { "cert-manager": 3, "external-secrets": 3, keda: 3, kyverno: 4, loki: 3 };

const releaseOf = ({ release, name }: ChartSource): string => release ?? name;

/**
 * Writes the charts of all profiles into a directory, laid out as a mirror.
 *
 * @param upstream where the CRDs are: `<add-on>/crds/<group>_<plural>.yaml`
 * @returns the names of the CRDs that do not exist there and are left out
 */
export function writeCharts(directory: string, upstream: string, profile: Profile): string[] {
    const found = crdFiles(upstream);
    const missing: string[] = [];
    for (const planned of plannedOf(profile)) {
        const sources = chartSources(planned);
        const owner = sources.find(({ crdsOnly }) => crdsOnly) ?? sources.at(-1)!;
        const crds = Object.keys(crdVersions(planned)).flatMap((name) => {
            const file = found.get(name);
            if (file === undefined) {
                missing.push(name);
            }
            return file === undefined ? [] : [file];
        });
        for (const source of sources) {
            writeChart(directory, source, source === owner ? crds : []);
        }
    }
    return missing;
}

/** The charts of a profile in that directory. */
export const installedCharts = (directory: string, profile: Profile): Installed[] =>
    plannedOf(profile).flatMap((planned) =>
        chartSources(planned).map((source) => ({
            chart: path.join(directory, fileOf(source)),
            release: releaseOf(source),
            namespace: planned.namespace,
            manifest: source.manifest !== undefined,
        })),
    );

const fileOf = ({ name, version, manifest }: ChartSource): string =>
    `${name}-${version}${manifest === undefined ? "" : ".yaml"}`;

/** Each CRD's file by the name of the CRD. */
export function crdFiles(upstream: string): Map<string, string> {
    const files = fs.existsSync(upstream) ? fs.readdirSync(upstream, { recursive: true, encoding: "utf8" }) : [];
    return new Map(
        files
            .filter((file) => /(^|\/)crds\/[^/]+_[^/]+\.yaml$/.test(file))
            .map((file) => {
                const [group, plural] = path.basename(file, ".yaml").split("_");
                return [`${plural}.${group}`, path.join(upstream, file)];
            }),
    );
}

/** Writes one chart, or adds the objects of its next release: a chart may be installed twice, with different values. */
function writeChart(directory: string, source: ChartSource, crds: string[]): void {
    const target = path.join(directory, fileOf(source));
    if (source.manifest !== undefined) {
        fs.writeFileSync(target, crds.map((file) => fs.readFileSync(file, "utf8")).join("\n---\n"));
        return;
    }
    const own = path.join(target, "objects", releaseOf(source));
    fs.mkdirSync(own, { recursive: true });
    fs.mkdirSync(path.join(target, "templates"), { recursive: true });
    const { name, version } = source;
    fs.writeFileSync(path.join(target, "Chart.yaml"), stringify({ apiVersion: "v2", name, version }));
    fs.writeFileSync(path.join(target, "templates", "all.yaml"), template);
    crds.forEach((file) => fs.copyFileSync(file, path.join(own, path.basename(file))));
    const objects = source.crdsOnly ? [] : plainObjects(releaseOf(source), name, crds.length);
    fs.writeFileSync(
        path.join(own, "plain.yaml"),
        objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n"),
    );
}

const template = `
{{- range $path, $file := .Files.Glob (printf "objects/%s/*.yaml" .Release.Name) }}
---
{{ $.Files.Get $path }}
{{- end }}
`;

function times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index));
}

/** What charts of controllers contain besides CRDs. No pods, since there may be no node to run them. */
function plainObjects(release: string, chart: string, kinds: number): object[] {
    const labels = {
        "app.kubernetes.io/name": chart,
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": chart,
    };
    const named = (name: string): object => ({ name, labels });
    const ref = (kind: string, name: string): object => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
    const subjects = [{ kind: "ServiceAccount", name: release, namespace: "default" }];
    const rules = (count: number): object[] =>
        times(count, (index) => ({
            apiGroups: [`group-${index}.example.com`],
            resources: [`things-${index}`, `things-${index}/status`],
            verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
        }));
    const pod = {
        metadata: { labels },
        spec: {
            serviceAccountName: release,
            containers: [
                {
                    name: "manager",
                    image: `registry.example.com/${chart}:v1`,
                    args: times(10, (index) => `--setting-${index}=value`),
                    env: times(10, (index) => ({ name: `SETTING_${index}`, value: "value" })),
                    ports: [{ name: "metrics", containerPort: 8080, protocol: "TCP" }],
                    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
                    livenessProbe: { httpGet: { path: "/healthz", port: 8081 }, periodSeconds: 20 },
                    readinessProbe: { httpGet: { path: "/readyz", port: 8081 }, periodSeconds: 10 },
                },
            ],
        },
    };
    const rbac = "rbac.authorization.k8s.io/v1";
    const roles = 2 + 2 * kinds;
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: named(release) },
        ...times(roles, (index) => ({
            apiVersion: rbac,
            kind: "ClusterRole",
            metadata: named(`bench-${release}-${index}`),
            rules: rules(index < 2 ? 25 : 1),
        })),
        ...times(2, (index) => ({
            apiVersion: rbac,
            kind: "ClusterRoleBinding",
            metadata: named(`bench-${release}-${index}`),
            roleRef: ref("ClusterRole", `bench-${release}-${index}`),
            subjects,
        })),
        { apiVersion: rbac, kind: "Role", metadata: named(release), rules: rules(5) },
        {
            apiVersion: rbac,
            kind: "RoleBinding",
            metadata: named(release),
            roleRef: ref("Role", release),
            subjects,
        },
        ...times(configMaps[chart] ?? 2, (index) => ({
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: named(`bench-${release}-${index}`),
            data: { "content.json": JSON.stringify(rules(chart in configMaps ? 150 : 10)) },
        })),
        ...times(deployments[chart] ?? 1, (index) => ({
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: named(`bench-${release}-${index}`),
            spec: {
                replicas: 0,
                selector: { matchLabels: { "app.kubernetes.io/instance": release } },
                template: pod,
            },
        })),
        ...times(deployments[chart] ?? 1, (index) => ({
            apiVersion: "v1",
            kind: "Service",
            // Pulumi would wait until it has pods.
            metadata: {
                ...named(`bench-${release}-${index}`),
                annotations: { "pulumi.com/skipAwait": "true" },
            },
            spec: {
                selector: { "app.kubernetes.io/instance": release },
                ports: [{ name: "metrics", port: 8080, targetPort: "metrics", protocol: "TCP" }],
            },
        })),
    ];
}
