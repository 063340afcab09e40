import { strict as assert } from "node:assert";

import { catalog } from "../../src/platform/catalog";
import { addonNames, type AddonName } from "../../src/platform/names";
import type { AddonSettings } from "../../src/platform/settings";
import { object, type Problems } from "../../src/validation";
import { samples } from "../support/addon-settings";
import * as upstream from "../support/upstream";

/** Charts that index.json does not name, because they come from other places than the rest of their add-on. */
const otherCharts: Partial<Record<AddonName, { name: string; version: string; repositories: string[]; why: string }>> =
    {};

/** Which CRDs a chart installs, where it is not all that lie in the folder, or others besides. */
const otherCrds: Partial<Record<AddonName, { not?: RegExp; also?: Record<string, string[]>; why: string }>> = {};

/** Maps that have keys by default and still take any other, by chart. */
const freeForm: Record<string, Record<string, string>> = {};

/** Values that are of another type than upstream's default, by chart. */
const otherType: Record<string, Record<string, string>> = {};

/** What each add-on brings along when nothing is set. */
const requires: Partial<Record<AddonName, AddonName[]>> = {};

/** Settings with which an add-on brings along more than that. */
const requiresWith: { name: AddonName; settings: AddonSettings; brings: AddonName[] }[] = [];

/** Which add-ons cannot be together when nothing is set. */
const excludes: [AddonName, AddonName][] = [];

/** The lines that say what is wrong with the settings of an add-on. */
function problemsOf(name: AddonName, settings: object): string[] {
    const lines: string[] = [];
    const line = (path: string, problem: string) => `${path} ${problem}`;
    const problems: Problems = { line, add: (path, problem) => void lines.push(line(path, problem)) };
    const checked = object(catalog[name].fields)(settings, "", problems);
    catalog[name].check?.(checked as AddonSettings, problems);
    return lines;
}

describe("add-ons", function () {
    this.timeout(60_000);

    it("are all in the catalog, in the order of their names", () => {
        assert.deepEqual(Object.keys(catalog), addonNames);
    });

    it("bring along what they need, and nothing else", () => {
        const actual = upstream.definitions.map(([name, definition]) => [name, definition.requires?.({}) ?? []]);
        assert.deepEqual(
            Object.fromEntries(actual),
            Object.fromEntries(upstream.definitions.map(([name]) => [name, requires[name] ?? []])),
        );
    });

    for (const { name, settings, brings } of requiresWith.filter(({ name }) => name in catalog)) {
        it(`${name} brings ${brings.join(" and ")} along with ${JSON.stringify(settings)}`, () => {
            assert.deepEqual(catalog[name].requires?.(settings), brings);
        });
    }

    it("exclude each other where two own the same, and nowhere else", () => {
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
            it("has samples of every setting", () => {
                assert.deepEqual(Object.keys(samples[name] ?? {}).sort(), Object.keys(definition.fields).sort());
            });

            it("takes right settings", () => {
                for (const settings of upstream.settingsOf(name)) {
                    assert.deepEqual(problemsOf(name, settings), [], JSON.stringify(settings));
                }
            });

            it("refuses wrong ones, each with a line that names the setting", () => {
                for (const [field, { wrong, together }] of Object.entries(samples[name] ?? {})) {
                    assert.ok(wrong.length > 0, `${field}: no wrong value`);
                    for (const value of [...wrong, () => 0]) {
                        const lines = problemsOf(name, { ...together, [field]: value });
                        const found = lines.filter((line) => line.startsWith(field) && !line.includes("\n"));
                        assert.ok(found.length > 0, `${field}: ${JSON.stringify(value)} is taken`);
                    }
                }
            });

            it("gives plain values, the same each time, for charts that it has", () => {
                const charts = definition.charts.map((chart) => chart.name);
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

            it("gives objects that do not share a name", () => {
                for (const { title, settings, context } of upstream.combinationsOf(name)) {
                    const objects = [
                        ...(definition.objectsBefore?.(settings, context) ?? []),
                        ...(definition.objects?.(settings, context) ?? []),
                    ].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
                    assert.deepEqual(objects, [...new Set(objects)], title);
                }
            });

            it("tells the same of itself whatever else there is, in texts", () => {
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

describe("add-ons as upstream publishes them", function () {
    this.timeout(120_000);

    if (upstream.missing) {
        it(`skipped, because ${upstream.missing}`);
        return;
    }

    for (const [name, definition] of upstream.definitions) {
        describe(name, () => {
            const entry = () => upstream.index()[upstream.folderOf(name)]!;
            const own = definition.charts[definition.charts.length - 1]!;
            const chartsOf = () =>
                definition.charts.map((source) => ({ source, chart: upstream.chartOf(name, source) }));

            it("has the chart's name, version and repository", () => {
                const expected = otherCharts[name] ?? {
                    name: entry().chart,
                    version: entry().chartVersion,
                    repositories: upstream.repositoriesOf(entry(), own.name),
                };
                assert.equal(own.name, expected.name);
                assert.equal(own.version, expected.version);
                const address = own.repository.startsWith("oci://") ? `${own.repository}/${own.name}` : own.repository;
                assert.ok(
                    expected.repositories.includes(address.replace(/\/$/, "")),
                    `${address} is none of ${expected.repositories.join(", ")}`,
                );
            });

            it("has charts that exist, in their versions", () => {
                for (const { source, chart } of chartsOf()) {
                    assert.ok(chart, `there is no chart ${source.name}`);
                    if (upstream.isPublished(chart.version) && source !== own) {
                        assert.equal(source.version, chart.version, source.name);
                    }
                }
            });

            it("has the version of the software", () => {
                const { appVersion } = upstream.chartOf(name, own) ?? {};
                const known = upstream.isPublished(appVersion) ? appVersion : /\d+(\.\d+)+/.exec(entry().tag)![0];
                assert.equal(definition.version, known.replace(/^v/, ""));
            });

            it("is in the namespace that upstream states", () => {
                const { namespace } = entry();
                if (/^[a-z0-9-]+$/.test(namespace) && namespace !== "-") {
                    assert.equal(definition.namespace, namespace);
                }
            });

            it("has the CRDs with their served versions, the stored one first", () => {
                const { not, also } = otherCrds[name] ?? {};
                const theirs = Object.entries(entry().crds.crds ?? {})
                    .filter(([crd]) => !not?.test(crd))
                    .map(([crd, { storage, served }]) => [
                        crd,
                        storage,
                        ...served.filter((one) => one !== storage).sort(),
                    ]);
                const ours = Object.entries(definition.crds ?? {}).map(([crd, [storage, ...served]]) => [
                    crd,
                    storage,
                    ...served.sort(),
                ]);
                const others = Object.entries(also ?? {}).map(([crd, versions]) => [crd, ...versions]);
                const sorted = (all: (string | undefined)[][]) => all.map((crd) => crd.join(" ")).sort();
                assert.deepEqual(sorted(ours), sorted([...theirs, ...others]));
            });

            it("sets values that the charts have, of the right type", () => {
                const problems = new Set<string>();
                for (const { settings, context, title } of upstream.combinationsOf(name)) {
                    const values = definition.values(settings, context);
                    for (const { source, chart } of chartsOf()) {
                        const found = upstream.valuesProblems(
                            chart!,
                            values[source.name] ?? {},
                            Object.keys(freeForm[source.name] ?? {}),
                            Object.keys(otherType[source.name] ?? {}),
                        );
                        found
                            .filter((problem) => ![...problems].some((known) => known.startsWith(problem)))
                            .forEach((problem) => problems.add(`${problem} (${source.name}; ${title})`));
                    }
                }
                assert.deepEqual([...problems], []);
            });

            it("sets values that the charts' schemas allow", () => {
                for (const { settings, context, title } of upstream.combinationsOf(name)) {
                    const values = definition.values(settings, context);
                    for (const { source, chart } of chartsOf()) {
                        const problems = upstream.schemaProblems(chart!, values[source.name] ?? {});
                        assert.deepEqual(problems, [], `${source.name}; ${title}`);
                    }
                }
            });

            it("gives objects that the CRDs allow", () => {
                for (const { title, object } of upstream.allObjects().filter(({ addon }) => addon === name)) {
                    const { kind, metadata } = object;
                    assert.deepEqual(upstream.objectProblems(object), [], `${kind} ${metadata.name}; ${title}`);
                }
            });
        });
    }
});
