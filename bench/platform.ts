/**
 * Compares each profile of the Platform with the same charts as plain `kubernetes.helm.v4.Chart`s.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { sourceDir } from "../local/paths";
import { Profile } from "../src/platform/catalog/profiles";
import { crdVersions } from "../src/platform/rendering/charts";
import { installedCharts, plannedOf, writeCharts } from "./charts";
import { call, type Environment, say } from "./environment";
import { Project, steps } from "./project";
import type { Case, Round } from "./report";

export const profileNames = [Profile.Training, Profile.Serving, Profile.Full];

/** All steps of a profile and of its charts. They own the same CRDs, so one is removed before the other is created. */
export async function measureProfile(environment: Environment, profile: Profile, rounds: number): Promise<Case> {
    await refuseForeign(environment, profile);
    const charts = path.join(environment.directory, "mirror");
    rmSync(charts, { recursive: true, force: true });
    mkdirSync(charts, { recursive: true });
    const missing = writeCharts(charts, sourceDir("..", "shared", "upstream"), profile);
    if (missing.length > 0) {
        say(`${profile}: without the CRDs ${missing.join(", ")}, which are not in ../shared/upstream`);
    }
    const installed = path.join(charts, "installed.json");
    writeFileSync(installed, JSON.stringify(installedCharts(charts, profile)));

    const projects = {
        components: () => new Project(environment, "platform", "platform", { profile, charts }),
        byHand: () => new Project(environment, "charts", "charts", { installed }),
    };
    const measured: Case = { title: `profile ${profile}`, objects: 0, objectsByHand: 0, rounds: [] };
    for (let index = 0; index < rounds; index++) {
        const round: Round = { components: {}, byHand: {} };
        const names = ["components", "byHand"] as const;
        for (const name of index % 2 === 0 ? names : [...names].reverse()) {
            const project = projects[name]();
            await project.createStack();
            try {
                for (const [step, args] of Object.entries(steps)) {
                    const usage = await project.measure(args);
                    round[name][step] = usage;
                    say(
                        `${profile}, round ${index + 1} of ${rounds}: ${step}, ${name === "byHand" ? "charts" : "platform"}: ` +
                            `${usage.seconds.toFixed(1)} s, ${usage.cpuSeconds.toFixed(1)} s of CPU, ` +
                            `${(usage.totalBytes / 1024 ** 3).toFixed(1)} GiB`,
                    );
                }
                const resources = (await project.types()).length;
                measured[name === "byHand" ? "objectsByHand" : "objects"] = resources;
                say(`${profile}: ${resources} resources`);
            } finally {
                await project.destroy();
                await removeKept(environment, profile);
            }
        }
        measured.rounds.push(round);
    }
    return measured;
}

/** What outlives a Platform: its namespaces and CRDs. */
function keptBy(profile: Profile): Record<string, string[]> {
    const planned = plannedOf(profile);
    return {
        crd: planned.flatMap((one) => Object.keys(crdVersions(one))),
        namespace: [...new Set(planned.map(({ namespace }) => namespace))].filter(
            (name) => !ofTheCluster.includes(name),
        ),
    };
}

const ofTheCluster = ["default", "kube-system"];

/** Existing objects may be someone's, and would be deleted at the end. */
async function refuseForeign(environment: Environment, profile: Profile): Promise<void> {
    for (const [kind, names] of Object.entries(keptBy(profile))) {
        const found = await call(environment, "get", kind, ...names, "--ignore-not-found", "--output=name");
        if (found !== "") {
            throw new Error(
                `the local cluster has a platform already (${found.split("\n")[0]}): npm run local -- down`,
            );
        }
    }
}

async function removeKept(environment: Environment, profile: Profile): Promise<void> {
    for (const [kind, names] of Object.entries(keptBy(profile))) {
        await call(environment, "delete", kind, ...names, "--ignore-not-found", "--timeout=10m");
    }
}
