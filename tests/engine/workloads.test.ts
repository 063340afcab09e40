/**
 * Every component, on plain Kubernetes and on the add-ons made for it, as its arguments are edited: created, found
 * unchanged, previewed and changed by a real engine on a real API server that has the real CRDs. All are in one stack,
 * and the first edits of all are made in one update, then the second ones, and so on.
 *
 * SCENARIOS=notebook,sweep takes those alone whose names begin with one of these.
 */
import { strict as assert } from "node:assert";

import * as core from "@pulumi/kubernetes/core/v1";

import { installCrds, removeCrds, whyCrdsMissing } from "../support/crds";
import { validateStrictly } from "../support/kubectl";
import { scenarios as allScenarios } from "../support/scenarios";
import type { Scenario } from "../support/scenarios/scenario";
import { type Change, TestStack } from "../support/stack";
import { deletedAtOnce, skipAwait } from "../support/transforms";
import { unchecked } from "../support/unchecked";

const only = process.env.SCENARIOS?.split(",");
const chosen = allScenarios.filter(({ name }) => !only || only.some((one) => name.startsWith(one)));
const scenarios = chosen.filter(({ crds = [] }) => whyCrdsMissing(crds) === undefined);
const stackName = ["workloads", ...(only ?? [])].join("-");

/** The arguments of a scenario after so many edits. */
function argumentsOf({ edits }: Scenario, count: number): Record<string, unknown> {
    return Object.assign({}, ...edits.slice(0, count).map(({ edit }) => edit)) as Record<string, unknown>;
}

/** All components, after so many edits of each. */
function program(count: number): () => Promise<Record<string, never>> {
    // eslint-disable-next-line @typescript-eslint/require-await -- the automation API takes async programs
    return async () => {
        const namespace = new core.Namespace("namespace", {
            metadata: { name: stackName, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
        });
        for (const scenario of scenarios) {
            const workspace = { namespace: namespace.metadata.name };
            scenario.create(workspace, argumentsOf(scenario, count), { transforms: [skipAwait, deletedAtOnce] });
        }
        return {};
    };
}

/**
 * What is said of one resource, short: without what fields of pods all begin with, and of variables and volumes only
 * that some differ.
 */
function short(name: string, change: Change): string {
    const field = (path: string) =>
        path
            .replace(/^spec\.(jobTemplate\.spec\.)?template\.spec\./, "")
            .replace("containers[0].", "")
            .replace(/(env|volumeMounts|volumes)\[.*$/, "$1");
    const fields = [...new Set(change.diff.map(field))].sort();
    return [change.op, change.name.slice(name.length + 1), ...fields].join(" ");
}

/** The changes of each component, by its name. */
function byScenario(changes: Change[]): Record<string, string[]> {
    const told: Record<string, string[]> = {};
    for (const change of changes) {
        const owners = scenarios.filter(({ name }) => change.name.startsWith(`${name}-`));
        const { name } = owners.sort((a, b) => b.name.length - a.name.length)[0] ?? { name: "" };
        (told[name] ??= []).push(short(name, change));
    }
    Object.values(told).forEach((lines) => lines.sort());
    return told;
}

describe("every component, as its arguments are edited", function () {
    this.timeout("5m");
    this.bail(!process.env.SCENARIOS);

    let stack: TestStack;
    let crds: string[] = [];

    for (const { name, crds: kinds = [] } of chosen.filter((scenario) => !scenarios.includes(scenario))) {
        unchecked(whyCrdsMissing(kinds)!, `${name}: its edits`);
    }

    before(async () => {
        crds = await installCrds([...new Set(scenarios.flatMap((scenario) => scenario.crds ?? []))]);
        stack = await TestStack.create(stackName, program(0));
    });
    after(async () => {
        await stack?.destroy();
        await removeCrds(only ? [] : crds);
    });

    /** Everything but Secrets, whose content only the state's key can read. */
    const validate = async () => validateStrictly((await stack.objects()).filter(({ kind }) => kind !== "Secret"));

    it("is created, and then found unchanged, also by a refresh", async () => {
        await stack.up();
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("has no field that the API server does not know", validate);

    const rounds = Math.max(0, ...scenarios.map(({ edits }) => edits.length));
    for (let round = 0; round < rounds; round++) {
        const now = scenarios.filter(({ edits }) => edits.length > round);
        describe(`edit ${round + 1}`, () => {
            let told: Record<string, string[]>;
            before(async () => {
                told = byScenario(await stack.preview(program(round + 1)));
            });

            for (const { name, edits } of now) {
                it(`${name}: ${edits[round]!.what}`, () => {
                    assert.deepEqual(told[name] ?? [], [...edits[round]!.preview].sort());
                });
            }

            // What would change once more shows in the preview of the next edit, and after the last.
            it("is carried out, and changes nothing else", async () => {
                assert.deepEqual(
                    Object.keys(told).filter((name) => !now.some((scenario) => scenario.name === name)),
                    [],
                );
                await stack.up();
                await validate();
            });
        });
    }

    describe("after all of it", () => {
        it("is found unchanged, also by a refresh", async () => {
            assert.deepEqual(await stack.preview(), []);
            assert.deepEqual(await stack.refresh(), []);
        });
    });
});
