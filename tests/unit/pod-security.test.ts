/**
 * Every pod meets the restricted Pod Security Standard.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";

import { ModelServer, ModelServerArgs, TrainingJob, TrainingJobArgs } from "../../src";
import { fullServerArgs, fullTrainingArgs, image, workload } from "../support/arguments";
import { Properties, run } from "../support/mocks";
import { controls, type PodSpec, violations } from "../support/pod-security";

type Job = types.output.batch.v1.Job;
type Deployment = types.output.apps.v1.Deployment;

async function trainingPod(args: Partial<TrainingJobArgs>): Promise<PodSpec> {
    const { resource } = await run(() => new TrainingJob("fraud", { ...workload, ...args }));
    return (resource("fraud-job").inputs as Job).spec.template.spec;
}

async function serverPod(args: Partial<ModelServerArgs>): Promise<PodSpec> {
    const { resource } = await run(() => new ModelServer("fraud", { ...workload, ...args }));
    return (resource("fraud-deployment").inputs as Deployment).spec.template.spec;
}

describe("the restricted Pod Security Standard", () => {
    const pods: [what: string, pod: () => Promise<PodSpec>][] = [
        ["a TrainingJob with its required arguments", () => trainingPod({})],
        ["a TrainingJob with every argument", () => trainingPod(fullTrainingArgs)],
        ["a TrainingJob with a claim", () => trainingPod({ output: { claim: "models" } })],
        ["a TrainingJob with a uri", () => trainingPod({ output: { uri: "s3://models" } })],
        ["a ModelServer with its required arguments", () => serverPod({})],
        ["a ModelServer with every argument", () => serverPod(fullServerArgs)],
        ["a ModelServer that downloads its model", () => serverPod({ model: "s3://models/fraud" })],
        ["a ModelServer on a privileged port", () => serverPod({ port: 80 })],
    ];
    for (const [what, pod] of pods) {
        it(`is met by ${what}`, async () => assert.deepEqual(violations(await pod()), []));
    }

    const main = (fields: object) => ({ containers: [{ name: "main", ...fields }] });
    const patches: [control: string, podSpec: Properties][] = [
        ["Host Namespaces", { hostNetwork: true }],
        ["Host Ports", main({ ports: [{ containerPort: 80, hostPort: 80 }] })],
        ["Privileged Containers", main({ securityContext: { privileged: true } })],
        ["/proc Mount Type", main({ securityContext: { procMount: "Unmasked" } })],
        ["Sysctls", { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }],
        ["Volume Types", { volumes: [{ name: "root", hostPath: { path: "/" } }] }],
        ["Privilege Escalation", main({ securityContext: { allowPrivilegeEscalation: null } })],
        ["Running as Non-root", { securityContext: { runAsNonRoot: null } }],
        ["Running as Non-root user", { securityContext: { runAsUser: 0 } }],
        ["Seccomp", { securityContext: { seccompProfile: null } }],
        ["Capabilities", main({ securityContext: { capabilities: { drop: ["NET_RAW"] } } })],
    ];
    for (const [control, podSpec] of patches) {
        it(`is checked: ${control}`, async () =>
            assert.deepEqual(violations(await trainingPod({ podSpec })), [control]));
    }

    it("is checked for a container that podSpec adds", async () => {
        const podSpec = { initContainers: [{ name: "fetch", image }] };
        assert.deepEqual(violations(await trainingPod({ podSpec })), ["Privilege Escalation", "Capabilities"]);
    });

    it("has a check of each control", () => {
        assert.deepEqual(
            patches.map(([control]) => control),
            Object.keys(controls),
        );
    });
});
