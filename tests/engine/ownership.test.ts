/**
 * Whose an object is, across stacks and their names, with the real CLI and its exit codes. The programs create servers
 * without pods, so that all of it is ready without a node.
 */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import { scheduleLabels } from "../../src/workloads/schedule/run-pod";
import { image } from "../support/arguments";
import { assertNoStackTrace, problemsOf } from "../support/cli-output";
import { CliProject } from "../support/cli-project";
import { inOrder } from "../support/in-order";
import { createObjects, deleteObjects, getObjects, kubectl } from "../support/kubectl";

const namespace = "ownership";
const project = "store";

/** Creates a server, a notebook and a schedule, each in the stack that STACKS has it in, by default in every one. */
const program = `
    const pulumi = require("@pulumi/pulumi");
    const mlops = require("kubernetes-mlops");

    const args = { workspace: { namespace: "${namespace}" }, image: "${image}" };
    // No pod of a notebook starts without a node.
    const skipAwait = ({ type, props, opts }) => {
        const { metadata } = props;
        const annotations = { ...metadata?.annotations, "pulumi.com/skipAwait": "true" };
        return type.startsWith("kubernetes:") ? { props: { ...props, metadata: { ...metadata, annotations } }, opts } : undefined;
    };
    const stacks = JSON.parse(process.env.STACKS ?? "{}");
    const isHere = (component) => (stacks[component] ?? pulumi.getStack()) === pulumi.getStack();

    module.exports = async () => {
        if (isHere("ModelServer")) {
            new mlops.ModelServer("fraud", { ...args, replicas: 0, port: Number(process.env.PORT ?? 8080) });
        }
        if (isHere("Notebook")) {
            new mlops.Notebook("fraud", { ...args, home: { retain: false } }, { transforms: [skipAwait] });
        }
        if (process.env.HANGS) {
            await new Promise((resolve) => setTimeout(resolve, 60_000));
        }
        if (isHere("Schedule")) {
            const schedule = { schedule: "@daily", suspend: true, output: { uri: "s3://models/fraud" } };
            new mlops.Schedule("fraud", { ...args, ...schedule, env: { EDIT: process.env.EDIT ?? "1" } });
        }
    };
`;

/** Creates a server for each of two teams by their own providers, which lead to the same cluster. */
const teams = `
    const { readFileSync } = require("node:fs");
    const { Provider } = require("@pulumi/kubernetes");
    const mlops = require("kubernetes-mlops");

    const kubeconfig = readFileSync(process.env.KUBECONFIG, "utf8");
    for (const team of ["claims", "cards"]) {
        const provider = new Provider(team, { kubeconfig });
        const args = { workspace: { namespace: "${namespace}" }, image: "${image}", replicas: 0 };
        new mlops.ModelServer(team, { ...args, name: "fraud-" + team }, { provider });
    }
`;

interface Found {
    kind: string;
    metadata: {
        name: string;
        uid: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        managedFields?: { manager: string }[];
    };
}

const kinds = [
    "services",
    "deployments",
    "statefulsets",
    "cronjobs",
    "configmaps",
    "secrets",
    "serviceaccounts",
    "roles",
    "rolebindings",
    "persistentvolumeclaims",
    "poddisruptionbudgets",
].join(",");

/** What the test's stacks have created in the namespace, and what they have written last, by kind and name. */
async function objects(): Promise<Record<string, unknown>> {
    const list = ["--namespace", namespace, "--show-managed-fields"];
    const { items } = await getObjects<{ items: Found[] }>(kinds, ...list);
    const byPulumi = ({ manager }: { manager: string }) => manager.startsWith("pulumi");
    const created = items
        .map(({ kind, metadata: { name, uid, managedFields = [] } }) => ({
            key: `${kind} ${name.replace(/-[0-9a-f]{8}$/, "-*")}`,
            uid,
            written: managedFields.filter(byPulumi),
        }))
        .filter(({ written }) => written.length > 0);
    return Object.fromEntries(created.map(({ key, ...rest }) => [key, rest]));
}

const expected = [
    "ConfigMap fraud-schedule",
    "CronJob fraud",
    "Deployment fraud",
    "PersistentVolumeClaim fraud-notebook-home-*",
    "PodDisruptionBudget fraud",
    "Role fraud-notebook",
    "RoleBinding fraud-notebook",
    "Secret fraud-notebook-env-*",
    "Secret fraud-notebook-seed",
    "Service fraud",
    "Service fraud-notebook",
    "ServiceAccount fraud-notebook",
    "StatefulSet fraud-notebook",
];

describe("the owner of an object, on a real API server", function () {
    this.timeout("3m");
    // The stack is created by the first test, and renamed by others.
    inOrder();

    const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    let store: CliProject;

    /** Updates a stack, and returns what that has changed, each by the name of the resource and what was done. */
    const up = async (stack: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> => {
        const output = await store.succeed(["up", "--yes", "--skip-preview", "--stack", stack], env);
        const done = output.matchAll(/^ *[-+~]+ +kubernetes:\S+ (\S+) (created|updated|replaced|deleted) /gm);
        return [...done].map(([, name, what]) => `${name} ${what}`).sort();
    };
    const unchanged = (stack: string, env: NodeJS.ProcessEnv = {}) =>
        store.succeed(["preview", "--expect-no-changes", "--stack", stack], env);
    const urnOf = (stack: string, ofProject: string, type: string, name: string) =>
        `urn:pulumi:${stack}::${ofProject}::${type}::${name}`;

    before(async () => {
        await createObjects(space);
        store = new CliProject(project, program);
    });
    after(async () => {
        await deleteObjects(space);
        store?.remove();
    });

    it("is the stack that made it in an update that was killed: the next one finds it", async () => {
        await store.succeed(["stack", "init", "first"]);
        const killed = store.start(["up", "--yes", "--skip-preview", "--stack", "first"], { HANGS: "yes" });
        const gone = new Promise((resolve) => killed.once("exit", resolve));
        const isThere = (kind: string) => getObjects(kind, "fraud", "--namespace", namespace).catch(() => undefined);
        while ((await isThere("poddisruptionbudget")) === undefined) {
            assert.equal(killed.exitCode, null, "the update ended by itself");
            await sleep(200);
        }
        process.kill(-killed.pid!, "SIGKILL");
        await gone;
        assert.equal(await isThere("cronjob"), undefined);

        await store.succeed(["cancel", "--yes", "--stack", "first"]);
        await up("first");
        assert.deepEqual(Object.keys(await objects()).sort(), expected);
        await unchanged("first");
    });

    it("is the stack that made it, also where its state does not have it", async () => {
        const before = await objects();
        const server = "kubernetes-mlops:index:ModelServer$kubernetes";
        const schedule = "kubernetes-mlops:index:Schedule$kubernetes";
        for (const [type, name] of [
            [`${server}:policy/v1:PodDisruptionBudget`, "fraud-pdb"],
            [`${schedule}:batch/v1:CronJob`, "fraud-cronjob"],
        ] as const) {
            await store.succeed(["state", "delete", "--yes", "--stack", "first", urnOf("first", project, type, name)]);
        }
        assert.deepEqual(await up("first"), ["fraud-cronjob created", "fraud-pdb created"]);
        assert.deepEqual(await objects(), before);
        await unchanged("first");
    });

    it("refuses another stack in its preview, in one line for each component", async () => {
        await store.succeed(["stack", "init", "second"]);
        const { code, output } = await store.run(["preview", "--stack", "second"]);
        assert.notEqual(code, 0);
        assertNoStackTrace(output);
        for (const component of ["ModelServer", "Schedule", "Notebook"]) {
            const [problem, ...more] = problemsOf(output, component);
            assert.deepEqual(more, [], output);
            assert.match(
                problem ?? output,
                new RegExp(
                    `^${component} "fraud": the \\w+ ${namespace}/fraud\\S* belongs to the stack first of the project ` +
                        `${project}; set name to create this one under another name, or delete that one first$`,
                ),
            );
        }
    });

    it("is not changed by an update of another stack that skips the preview, nor by the end of that stack", async () => {
        const before = await objects();
        const { code, output } = await store.run(["up", "--yes", "--skip-preview", "--stack", "second"]);
        assert.notEqual(code, 0);
        assertNoStackTrace(output);
        assert.match(output, /"pulumi\/store\/second" had an apply conflict: .* with "pulumi\/store\/first"/);
        assert.deepEqual(await objects(), before);
        await store.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "second"]);
        assert.deepEqual(await objects(), before);
        await unchanged("first");
    });

    it("may be a person with kubectl, whose object is refused even where it is the same", async () => {
        const shop = new CliProject("shop", program.replaceAll('"fraud"', '"risk"'), store);
        const metadata = { namespace, name: "risk" };
        const selector = { "app.kubernetes.io/name": "somebody-elses" };
        const service = {
            apiVersion: "v1",
            kind: "Service",
            metadata,
            spec: { selector, ports: [{ name: "web", port: 80 }] },
        };
        // As the Schedule would create it, so that nothing differs but who has made it.
        const labels = { ...scheduleLabels("risk"), "app.kubernetes.io/managed-by": "pulumi" };
        const record = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "risk-schedule", labels } };
        await createObjects(service, record);
        try {
            await shop.succeed(["stack", "init", "shop"]);
            const { code, output } = await shop.run(["preview", "--stack", "shop"]);
            assert.notEqual(code, 0);
            assertNoStackTrace(output);
            const hint = "set name to create this one under another name, or delete that one first";
            assert.deepEqual(
                ["ModelServer", "Schedule", "Notebook"].flatMap((component) => problemsOf(output, component)),
                [
                    `ModelServer "risk": the Service ${namespace}/risk was created with kubectl; ${hint}`,
                    `Schedule "risk": the ConfigMap ${namespace}/risk-schedule was created with kubectl; ${hint}`,
                ],
                output,
            );
        } finally {
            await deleteObjects(service, record);
            shop.remove();
        }
    });

    it("stays the same stack when that is renamed, and when its project is", async () => {
        await store.succeed(["stack", "rename", "renamed", "--stack", "first"]);
        await unchanged("renamed");
        await store.succeed(["stack", "rename", "organization/market/renamed", "--stack", "renamed"]);
        store.rename("market");
        await unchanged("renamed");

        const edit = { PORT: "9000" };
        assert.deepEqual(await up("renamed", edit), ["fraud-deployment updated", "fraud-service updated"]);
        const port = ["get", "service/fraud", "--namespace", namespace, "--output", "jsonpath={.spec.ports[0].port}"];
        assert.equal(await kubectl(...port), "9000");
    });

    it("is the stack to which its component was moved", async () => {
        const STACKS = JSON.stringify({ ModelServer: "moved", Schedule: "renamed", Notebook: "renamed" });
        const before = await objects();
        await store.succeed(["stack", "init", "moved"]);
        const stacks = ["--source", "organization/market/renamed", "--dest", "organization/market/moved"];
        const server = urnOf("renamed", "market", "kubernetes-mlops:index:ModelServer", "fraud");
        await store.succeed(["state", "move", "--yes", ...stacks, server]);
        await unchanged("moved", { STACKS, PORT: "9000" });
        await unchanged("renamed", { STACKS });
        assert.deepEqual(await objects(), before);

        const edit = { STACKS, PORT: "9001" };
        assert.deepEqual(await up("moved", edit), ["fraud-deployment updated", "fraud-service updated"]);
    });

    it("deletes all of it, and nothing else", async () => {
        const schedule = Object.keys(await objects()).filter((key) => !/ fraud$/.test(key) || key === "CronJob fraud");
        await store.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "moved"]);
        assert.deepEqual(Object.keys(await objects()), schedule);
        await store.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "renamed"]);
        assert.deepEqual(Object.keys(await objects()), []);
    });

    it("may be either of two servers in one namespace, by two providers of one program", async () => {
        const both = new CliProject("teams", teams);
        try {
            await both.succeed(["stack", "init", "teams"]);
            await both.succeed(["up", "--yes", "--stack", "teams"]);
            assert.deepEqual(
                Object.keys(await objects()).sort(),
                ["Deployment", "PodDisruptionBudget", "Service"].flatMap((kind) =>
                    ["cards", "claims"].map((team) => `${kind} fraud-${team}`),
                ),
            );
            await both.succeed(["preview", "--expect-no-changes", "--stack", "teams"]);
            await both.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "teams"]);
            assert.deepEqual(await objects(), {});
        } finally {
            both.remove();
        }
    });
});
