import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parser } from "@prometheus-io/lezer-promql";

import { retentionSize } from "../../src/platform/addons/kube-prometheus-stack";
import type { Context, KubernetesObject } from "../../src/platform/catalog/definition";
import { type AddonName, addonNames } from "../../src/platform/catalog/names";
import { alertGroups, runbookPage, runbookUrl, Severity } from "../../src/platform/monitoring/alerts";
import { dashboards } from "../../src/platform/monitoring/dashboards";
import { metrics } from "../../src/platform/monitoring/metrics";
import { monitoringObjects } from "../../src/platform/monitoring/monitoring-objects";

const runbooks = path.join(__dirname, "../../docs/runbooks");
const everything = (): boolean => true;
const nothing = (): boolean => false;
const alerts = alertGroups(everything).flatMap((group) => group.alerts);

interface PlacedPanel {
    id: number;
    type: string;
    title: string;
    gridPos: { x: number; y: number; w: number; h: number };
    datasource?: { uid: string };
    targets?: { refId: string; expr: string; legendFormat: string; datasource: { uid: string } }[];
}

const shown = dashboards(everything).map((dashboard) => ({
    ...dashboard,
    panels: dashboard.panels as unknown as PlacedPanel[],
    variables: (dashboard["templating"] as { list: { name: string; type: string; query: unknown }[] }).list,
}));

/** Every expression, by its location. */
const expressions: [string, string][] = [
    ...alerts.map(({ name, severity, expr }): [string, string] => [`${name} (${severity})`, expr]),
    ...shown.flatMap(({ uid, panels }) =>
        panels.flatMap(({ title, targets = [] }) =>
            targets.map(({ expr }): [string, string] => [`${uid}, "${title}"`, expr]),
        ),
    ),
];

/** The metrics that a PromQL expression reads, and whether it is valid. */
function parsed(expr: string): { metrics: string[]; isValid: boolean } {
    // What Grafana replaces its variable with.
    const text = expr.replaceAll("$__rate_interval", "5m");
    const metrics: string[] = [];
    let isValid = true;
    parser.parse(text).iterate({
        enter: ({ type, node, from, to }) => {
            isValid &&= !type.isError;
            if (type.name === "Identifier" && node.parent?.type.name === "VectorSelector") {
                metrics.push(text.slice(from, to));
            }
        },
    });
    return { metrics, isValid };
}

function context(has: (addon: AddonName) => boolean): Context {
    return {
        namespace: "monitoring",
        highlyAvailable: false,
        small: false,
        has,
        namespaceOf: (addon) => addon,
        outputOf: () => "",
    };
}

const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.name}`;

describe("monitoring", () => {
    describe("alerts", () => {
        it("have a unique combination of name and severity", () => {
            const names = alerts.map(({ name, severity }) => `${name} ${severity}`);
            assert.deepEqual(names, [...new Set(names)]);
            for (const { name, severity, summary, description } of alerts) {
                assert.match(name, /^([A-Z][a-z]+)+$/);
                assert.ok(Object.values(Severity).includes(severity));
                assert.ok(summary.length > 10 && description.length > 40, name);
                assert.match(description, /\.$/, name);
            }
        });

        it("have a runbook each, titled like the alert, and there are no others", () => {
            const pages = [...new Set(alerts.map(({ name }) => runbookPage(name)))].sort();
            assert.deepEqual(fs.readdirSync(runbooks).sort(), pages);
            for (const { name } of alerts) {
                const page = fs.readFileSync(path.join(runbooks, runbookPage(name)), "utf8");
                assert.equal(page.split("\n")[0], `# ${name}`);
                assert.match(page, /## Diagnosis/, name);
                assert.match(page, /## Mitigation/, name);
            }
        });

        it("link to their runbooks", () => {
            assert.equal(
                runbookUrl("GpuXidError"),
                "https://github.com/kubernetes-mlops/kubernetes-mlops/blob/main/docs/runbooks/gpu-xid-error.md",
            );
        });

        it("use only labels that their expression keeps", () => {
            for (const { name, expr, summary } of alerts) {
                const grouped = /^(?:sum|avg|max) by \(([^)]*)\)/.exec(expr)?.[1]?.split(", ");
                const used = [...summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
                const missing = grouped ? used.filter((label) => !grouped.includes(label)) : [];
                assert.deepEqual(missing, [], name);
            }
        });
    });

    describe("runbooks", () => {
        it("refer only to pages that exist", () => {
            for (const file of fs.readdirSync(runbooks)) {
                const page = fs.readFileSync(path.join(runbooks, file), "utf8");
                for (const [, link] of page.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
                    assert.ok(fs.existsSync(path.join(runbooks, link!)), `${file}: ${link}`);
                }
            }
        });
    });

    describe("expressions", () => {
        it("are valid PromQL", () => {
            assert.equal(parsed("sum(up").isValid, false);
            assert.equal(parsed("").isValid, false);
            for (const [where, expr] of expressions) {
                assert.ok(parsed(expr).isValid, `${where}: ${expr}`);
            }
        });

        it("use exactly the metrics in the table", () => {
            const known = Object.values(metrics).flat();
            const used = new Set<string>();
            for (const [where, expr] of expressions) {
                const names = parsed(expr).metrics;
                assert.notDeepEqual(names, [], where);
                for (const name of names) {
                    assert.ok(known.includes(name), `${where} reads ${name}, which is not in the table`);
                    used.add(name);
                }
            }
            assert.deepEqual([...used].sort(), [...known].sort());
        });

        it("use only variables of their dashboard", () => {
            for (const { uid, panels, variables } of shown) {
                const names = ["__rate_interval", ...variables.map(({ name }) => name)];
                const used = panels.flatMap(({ targets = [] }) =>
                    targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name!)),
                );
                assert.deepEqual(
                    [...new Set(used)].filter((name) => !names.includes(name)),
                    [],
                    uid,
                );
            }
        });
    });

    describe("dashboards", () => {
        it("have unique identifiers", () => {
            assert.deepEqual(
                shown.map(({ uid }) => uid),
                ["mlops-queues", "mlops-gpus", "mlops-training", "mlops-serving", "mlops-cost"],
            );
        });

        for (const { uid, panels, variables } of shown) {
            it(`${uid} takes its data source from a variable`, () => {
                assert.deepEqual(
                    variables.filter(({ type }) => type === "datasource").map(({ name, query }) => [name, query]),
                    [["datasource", "prometheus"]],
                );
                for (const { type, datasource, targets } of panels) {
                    if (type !== "row") {
                        assert.equal(datasource?.uid, "${datasource}");
                        assert.ok(targets!.every((target) => target.datasource.uid === "${datasource}"));
                    }
                }
            });

            it(`${uid} has panels with unique identifiers that do not overlap`, () => {
                assert.deepEqual(
                    panels.map(({ id }) => id),
                    panels.map((_panel, index) => index + 1),
                );
                const taken = new Map<string, string>();
                for (const { title, gridPos } of panels) {
                    assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, title);
                    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
                        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
                            assert.equal(taken.get(`${x},${y}`), undefined, `${title} at ${x},${y}`);
                            taken.set(`${x},${y}`, title);
                        }
                    }
                }
            });

            it(`${uid} has panels with unique titles`, () => {
                const titles = panels.map(({ title }) => title);
                assert.deepEqual(titles, [...new Set(titles)]);
            });

            it(`${uid} has queries with unique letters`, () => {
                for (const { title, targets = [] } of panels) {
                    const letters = targets.map(({ refId }) => refId);
                    assert.deepEqual(letters, [..."ABCDEF"].slice(0, letters.length), title);
                }
            });
        }
    });

    describe("objects", () => {
        const always = [
            "ConfigMap dashboard-mlops-training",
            "ConfigMap dashboard-mlops-serving",
            "PrometheusRule mlops-workloads",
            "PrometheusRule mlops-serving",
            "PodMonitor mlops-workloads",
            "PodMonitor mlops-llm-servers",
            "PodMonitor mlops-labelled",
        ];

        it("cover what every platform has", () => {
            assert.deepEqual(monitoringObjects(context(nothing)).map(nameOf), always);
        });

        const more: [AddonName, string[]][] = [
            ["kueue", ["ConfigMap dashboard-mlops-queues", "PrometheusRule mlops-queues"]],
            ["gpuOperator", ["ConfigMap dashboard-mlops-gpus", "PrometheusRule mlops-gpus"]],
            ["dcgmExporter", ["ConfigMap dashboard-mlops-gpus", "PrometheusRule mlops-gpus"]],
            ["opencost", ["ConfigMap dashboard-mlops-cost"]],
        ];
        for (const [addon, names] of more) {
            it(`include more with ${addon}`, () => {
                const objects = monitoringObjects(context((name) => name === addon)).map(nameOf);
                assert.deepEqual([...objects].sort(), [...always, ...names].sort());
            });
        }

        it("are the same each time, and of no other add-on", () => {
            for (const addon of addonNames) {
                const only = context((name) => name === addon);
                assert.deepEqual(monitoringObjects(only), monitoringObjects(only));
                if (!more.some(([name]) => name === addon)) {
                    assert.deepEqual(monitoringObjects(only).map(nameOf), always);
                }
            }
        });

        it("include dashboards with Grafana's label and their content", () => {
            for (const object of monitoringObjects(context(everything))) {
                assert.equal(object.metadata.namespace, "monitoring");
                if (object.kind === "ConfigMap") {
                    assert.deepEqual(object.metadata.labels, { grafana_dashboard: "1" });
                    const [[file, content]] = Object.entries(object["data"] as Record<string, string>) as [
                        [string, string],
                    ];
                    const { uid } = JSON.parse(content) as { uid: string };
                    assert.equal(file, `${uid}.json`);
                    assert.ok(content.length < 250_000, "a ConfigMap must stay below its limit");
                }
            }
        });
    });

    describe("the retention size of Prometheus", () => {
        const sizes: [string, string][] = [
            ["50Gi", "46080MiB"],
            ["1Ti", "943718MiB"],
            ["1.5Gi", "1382MiB"],
            ["100G", "85830MiB"],
            ["10737418240", "9216MiB"],
            ["100e9", "85830MiB"],
            ["1E11", "85830MiB"],
            [".5Ti", "471859MiB"],
            ["1Mi", "1MiB"],
        ];
        for (const [storage, kept] of sizes) {
            it(`is ${kept} for ${storage}`, () => {
                assert.equal(retentionSize(storage), kept);
            });
        }
    });
});
