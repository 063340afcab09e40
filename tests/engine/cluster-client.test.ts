/**
 * Reading from a real API server, and following Jobs on it. There need not be a node: the pods fit on none, and the tests
 * set their status.
 */
import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import { promisify } from "node:util";

import { Provider } from "@pulumi/kubernetes";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import { DependencyProviderResource } from "@pulumi/pulumi/resource";
import { parse, stringify } from "yaml";

import { type Cluster, ClusterError } from "../../src/cluster/client";
import { clusterOf, isCluster, openCluster } from "../../src/cluster/cluster";
import type { NoCluster } from "../../src/cluster/kubeconfig";
import { followRun, type FollowOptions, type RunOutcome } from "../../src/runs/follow";
import { runKinds } from "../../src/runs/run-kinds";
import { directoryWith } from "../support/directories";
import { savedEnvironment } from "../support/environment";
import { eventually } from "../support/eventually";
import { createObjects, deleteObjects, getObjects, kubectl } from "../support/kubectl";
import { Proxy } from "../support/proxy";
import { TestStack } from "../support/stack";

const namespace = "cluster-client";

interface Kubeconfig {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, unknown> }[];
}

/** The kubeconfig of the environment, with changes. */
function kubeconfig(change: (config: Kubeconfig) => void = () => undefined): string {
    const config = parse(fs.readFileSync(savedEnvironment().kubeconfig, "utf8")) as Kubeconfig;
    change(config);
    return stringify(config, { lineWidth: 0 });
}

async function open(text = kubeconfig()): Promise<Cluster> {
    const cluster = await openCluster({ kubeconfig: text }, {});
    assert.ok(isCluster(cluster), JSON.stringify(cluster));
    return cluster;
}

/** A Job whose pods fit on no node. */
const job = (name: string, spec: object = {}) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace },
    spec: {
        backoffLimit: 0,
        ...spec,
        template: {
            spec: {
                restartPolicy: "Never",
                nodeSelector: { "kubernetes-mlops/node": "none" },
                containers: [{ name: "main", image: "registry.example.com/one:1" }],
            },
        },
    },
});

const space = (name: string, labels: Record<string, string> = {}) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels },
});

/** Follows a Job that the tests create. */
async function follow(name: string, options: FollowOptions = {}, of = namespace): Promise<RunOutcome> {
    return followRun(await open(), { kind: runKinds.Job, namespace: of, name }, options);
}

/** Sets the status of the one pod of a Job, as a kubelet would. */
async function setPodStatus(run: string, status: object): Promise<void> {
    let pod = "";
    await eventually(async () => {
        const selector = ["--namespace", namespace, "--selector", `job-name=${run}`];
        const { items } = await getObjects<{ items: { metadata: { name: string } }[] }>("pods", ...selector);
        assert.equal(items.length, 1);
        pod = items[0]!.metadata.name;
    });
    const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify({ status })];
    await kubectl("patch", "pod", pod, "--namespace", namespace, ...patch);
}

const stateOf = (state: object) => [{ name: "main", image: "", imageID: "", ready: false, restartCount: 0, state }];

describe("reading from a real API server", function () {
    this.timeout("3m");

    before(async () => {
        await createObjects(space(namespace));
    });
    after(() => deleteObjects(space(namespace)));

    describe("the client", () => {
        it("reads objects and lists", async () => {
            const cluster = await open();
            const found = await cluster.get<{ metadata: { name: string } }>(`/api/v1/namespaces/${namespace}`);
            assert.equal(found?.metadata.name, namespace);
            assert.equal(await cluster.get("/api/v1/namespaces/missing"), undefined);
            assert.deepEqual(await cluster.list("/apis/example.com/v1/things"), []);
            const named = { fieldSelector: `metadata.name=${namespace}` };
            assert.equal((await cluster.list("/api/v1/namespaces", named)).length, 1);
            assert.deepEqual(await cluster.list("/api/v1/namespaces", { labelSelector: "no=such" }), []);
            assert.ok(Math.abs(cluster.now() - Date.now()) < 5000);
        });

        it("uses the files of a kubeconfig", async () => {
            const files: Record<string, Buffer> = {};
            const text = kubeconfig(({ clusters, users }) => {
                for (const fields of [clusters[0]!.cluster, users[0]!.user] as Record<string, string>[]) {
                    for (const field of Object.keys(fields).filter((one) => one.endsWith("-data"))) {
                        const file = field.replace(/-data$/, "");
                        files[file] = Buffer.from(fields[field]!, "base64");
                        fields[file] = file;
                        delete fields[field];
                    }
                }
            });
            assert.equal(Object.keys(files).length, 3);
            const directory = directoryWith({ config: text });
            Object.entries(files).forEach(([name, content]) => fs.writeFileSync(path.join(directory, name), content));
            const cluster = await open(path.join(directory, "config"));
            assert.ok(await cluster.get(`/api/v1/namespaces/${namespace}`));
        });

        it("uses the certificate that an exec plugin prints", async () => {
            const directory = directoryWith({});
            const text = kubeconfig(({ users: [one] }) => {
                const decoded = (field: string) => Buffer.from(one!.user[field] as string, "base64").toString("utf8");
                const status = {
                    clientCertificateData: decoded("client-certificate-data"),
                    clientKeyData: decoded("client-key-data"),
                };
                fs.writeFileSync(path.join(directory, "credential.json"), JSON.stringify({ status }));
                const exec = {
                    apiVersion: "client.authentication.k8s.io/v1",
                    command: "cat",
                    args: [path.join(directory, "credential.json")],
                    interactiveMode: "Never",
                };
                one!.user = { exec };
            });
            assert.ok(await (await open(text)).get(`/api/v1/namespaces/${namespace}`));
        });

        it("goes through the HTTP proxy of a kubeconfig", async () => {
            const targets: string[] = [];
            const proxy = http.createServer().on("connect", ({ url, headers }, client: net.Socket) => {
                targets.push(`${url} ${headers["proxy-authorization"]}`);
                const [host, port] = url!.split(":");
                const upstream = net.connect(Number(port), host, () => {
                    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
                    client.pipe(upstream).pipe(client);
                });
                client.on("error", () => upstream.destroy());
                upstream.on("error", () => client.destroy());
            });
            await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
            const { port } = proxy.address() as net.AddressInfo;
            try {
                const cluster = await open(
                    kubeconfig(({ clusters }) => {
                        clusters[0]!.cluster["proxy-url"] = `http://user:pass@127.0.0.1:${port}`;
                    }),
                );
                assert.ok(await cluster.get(`/api/v1/namespaces/${namespace}`));
                const login = Buffer.from("user:pass").toString("base64");
                assert.deepEqual(targets, [`${new URL(cluster.server).host} Basic ${login}`]);
            } finally {
                proxy.close();
                proxy.closeAllConnections();
            }
        });

        it("verifies the certificate of the API server", async () => {
            const other = (change: (cluster: Record<string, unknown>) => void) =>
                open(kubeconfig(({ clusters }) => change(clusters[0]!.cluster)));
            const unverified = await other((cluster) => delete cluster["certificate-authority-data"]);
            await assert.rejects(unverified.get("/api"), { name: "ClusterError", message: /certificate/ });
            const misnamed = await other((cluster) => (cluster["tls-server-name"] = "other.example.com"));
            await assert.rejects(misnamed.get("/api"), { name: "ClusterError", message: /other\.example\.com/ });
            const named = await other((cluster) => (cluster["tls-server-name"] = "kubernetes.default"));
            assert.ok(await named.get("/api"));
            const trusting = await other((cluster) => {
                delete cluster["certificate-authority-data"];
                cluster["insecure-skip-tls-verify"] = true;
            });
            assert.ok(await trusting.get("/api"));
        });

        it("acts as another user, and reports in one line what that user may not read", async () => {
            const cluster = await open(kubeconfig(({ users }) => Object.assign(users[0]!.user, { as: "eve" })));
            await assert.rejects(cluster.list(`/apis/batch/v1/namespaces/${namespace}/jobs`), (error: ClusterError) => {
                assert.equal(error.status, 403);
                assert.match(error.message, /^the API server https:\S+ refuses GET \S+\/jobs with 403: .*"eve".*$/);
                return true;
            });
        });

        it("does not keep a program running", async () => {
            const cluster = JSON.stringify(path.join(__dirname, "..", "..", "src", "cluster", "cluster.ts"));
            const program = `
                const { openCluster } = require(${cluster});
                openCluster({ kubeconfig: ${JSON.stringify(savedEnvironment().kubeconfig)} }, {})
                    .then((one) => one.get("/api/v1/namespaces/${namespace}"))
                    .then(({ metadata }) => console.log(metadata.name, Date.now()));
            `;
            const { stdout } = await promisify(execFile)(
                process.execPath,
                ["--require", require.resolve("tsx/cjs"), "--eval", program],
                { cwd: path.join(__dirname, "..", ".."), timeout: 60_000 },
            );
            const [name, read] = stdout.trim().split(" ");
            assert.equal(name, namespace);
            // An idle connection is closed after five seconds.
            assert.ok(Date.now() - Number(read) < 4000);
        });
    });

    describe("a Job that is followed", () => {
        it("says what it does until it has completed", async () => {
            await createObjects(job("completes", { suspend: true }));
            const said: string[] = [];
            const steps: Record<string, () => Promise<unknown>> = {
                "is suspended": () =>
                    kubectl(
                        "patch",
                        "job",
                        "completes",
                        "--namespace",
                        namespace,
                        "--patch",
                        '{"spec":{"suspend":false}}',
                    ),
                "waits for a node: ": () =>
                    setPodStatus("completes", {
                        phase: "Running",
                        containerStatuses: stateOf({ running: {} }),
                    }),
                "is running": () =>
                    setPodStatus("completes", {
                        phase: "Succeeded",
                        containerStatuses: stateOf({ terminated: { exitCode: 0 } }),
                    }),
            };
            const outcome = await follow("completes", {
                say: (why) => {
                    said.push(why);
                    const step = Object.keys(steps).find((one) => why.startsWith(one));
                    void (step && steps[step]!());
                },
            });
            assert.equal(outcome.state, "completed", JSON.stringify(outcome));
            assert.deepEqual(
                said.map((why) => why.replace(/: .*/, "")).filter((why) => why !== "is starting"),
                ["is suspended", "waits for a node", "is running"],
            );
        });

        it("reports the end of the log of the container that has failed", async () => {
            await createObjects(job("fails"));
            await setPodStatus("fails", {
                phase: "Failed",
                containerStatuses: stateOf({
                    terminated: { exitCode: 3, reason: "Error", message: "step 1\n\nno data in the bucket\n" },
                }),
            });
            const outcome = await follow("fails");
            assert.equal(outcome.state, "failed");
            assert.match(
                outcome.state === "failed" ? outcome.message : "",
                /^Job has reached the specified backoff limit; the container main of the pod fails-\w+ has failed with exit code 3: step 1 \| no data in the bucket$/,
            );
        });

        it("cannot start in a namespace that forbids its pods", async () => {
            const strict = space(`${namespace}-strict`, { "pod-security.kubernetes.io/enforce": "restricted" });
            const one = job("forbidden");
            one.metadata.namespace = strict.metadata.name;
            await createObjects(strict, one);
            try {
                const outcome = await follow("forbidden", {}, strict.metadata.name);
                assert.match(
                    outcome.state === "unstartable" ? outcome.message : JSON.stringify(outcome),
                    /^cannot start: its pod cannot be created: pods "forbidden-\w+" is forbidden: violates PodSecurity "restricted:latest"/,
                );
            } finally {
                await deleteObjects(strict);
            }
        });

        it("has not started in time", async () => {
            await createObjects(job("late"));
            const outcome = await follow("late", { startTimeout: "4s" });
            assert.match(
                outcome.state === "unstartable" ? outcome.message : JSON.stringify(outcome),
                /^has not started within 4s: its pod waits for a node: /,
            );
        });

        it("is gone as soon as it was deleted, also if another one has its name now", async () => {
            await createObjects(job("deleted"));
            const following = follow("deleted");
            const { metadata } = await getObjects<{ metadata: { uid: string } }>(
                "job",
                "deleted",
                "--namespace",
                namespace,
            );
            await deleteObjects(job("deleted"));
            assert.deepEqual(await following, { state: "gone" });
            await createObjects(job("deleted"));
            const run = { kind: runKinds.Job, namespace, name: "deleted", uid: metadata.uid };
            assert.deepEqual(await followRun(await open(), run, { once: true }), { state: "gone" });
        });

        it("is followed through an outage of the API server", async () => {
            await createObjects(job("outage"));
            let server = "";
            kubeconfig(({ clusters }) => (server = clusters[0]!.cluster.server!));
            const proxy = await Proxy.to(server);
            const cluster = await open(kubeconfig(({ clusters }) => (clusters[0]!.cluster.server = proxy.url)));
            const said: string[] = [];
            try {
                const outcome = await followRun(
                    cluster,
                    { kind: runKinds.Job, namespace, name: "outage" },
                    {
                        say: (why) => {
                            said.push(why);
                            if (why.startsWith("waits for a node") && !said.some((one) => one.startsWith("cannot"))) {
                                proxy.cut();
                            } else if (why.startsWith("cannot be followed")) {
                                proxy.repair();
                                void deleteObjects(job("outage"));
                            }
                        },
                    },
                );
                assert.deepEqual(outcome, { state: "gone" });
                assert.ok(
                    said.some((why) => why.startsWith(`cannot be followed at the moment: the API server ${proxy.url}`)),
                );
            } finally {
                proxy.close();
            }
        });
    });

    describe("the cluster of a provider", () => {
        let stack: TestStack;
        before(async () => {
            stack = await TestStack.create(namespace, () => Promise.resolve({}));
            await stack.configure({ "kubernetes:kubeconfig": savedEnvironment().kubeconfig });
        });
        after(() => stack.destroy());

        /** What a program finds, by provider. */
        let found: Record<string, Cluster | NoCluster>;
        const program = () => {
            found = {};
            const note = (name: string, provider?: pulumi.ProviderResource) =>
                clusterOf(provider).apply((cluster) => {
                    found[name] = cluster;
                });
            // Without a name of its own: its ID is unknown in a preview.
            const first = new core.ConfigMap("first", { metadata: { namespace } });
            const later = (value: string) => first.id.apply(() => value);
            const text = kubeconfig();
            const secret = new Provider("secret", { kubeconfig: pulumi.secret(text) });
            note("default");
            note("secret", secret);
            note("file", new Provider("file", { kubeconfig: savedEnvironment().kubeconfig }));
            note("unknown", new Provider("unknown", { kubeconfig: later(text) }));
            note("context", new Provider("context", { kubeconfig: text, context: later("missing") }));
            // With the variable KUBECONFIG, which is an argument by default, the provider would refuse to render.
            note("yaml", new Provider("yaml", { kubeconfig: "", renderYamlToDirectory: directoryWith({}) }));
            // How a component sees a provider that was created by a program in another language.
            pulumi.all([secret.urn, secret.id]).apply(([urn, id]) => {
                note("reference", new DependencyProviderResource(`${urn}::${id}`));
            });
            return Promise.resolve({});
        };
        const summary = async (): Promise<Record<string, string>> => {
            const entries = Object.entries(found).map(async ([name, cluster]) => {
                const seen = isCluster(cluster) && (await cluster.get(`/api/v1/namespaces/${namespace}`));
                return [name, isCluster(cluster) ? (seen ? "found" : "wrong") : cluster.reason] as const;
            });
            return Object.fromEntries(await Promise.all(entries));
        };
        const known = {
            default: "found",
            secret: "found",
            file: "found",
            reference: "found",
            yaml: "its provider renders YAML and has no cluster",
        };

        it("is found in a preview, unless its settings are not known yet", async () => {
            await stack.preview(program);
            assert.deepEqual(await summary(), {
                ...known,
                unknown: "the kubeconfig of its provider is not known yet",
                context: "the context of its provider is not known yet",
            });
        });

        it("is found in an update", async () => {
            await stack.up(program);
            assert.deepEqual(await summary(), {
                ...known,
                unknown: "found",
                context: 'the context "missing" is not in the kubeconfig',
            });
        });

        it("is found in a preview of a stack that exists, without default providers", async () => {
            await stack.disableDefaultProviders();
            const explicit = () => {
                found = {};
                const provider = new Provider("secret", { kubeconfig: pulumi.secret(kubeconfig()) });
                clusterOf(provider).apply((cluster) => (found.secret = cluster));
                return Promise.resolve({});
            };
            await stack.preview(explicit);
            assert.deepEqual(await summary(), { secret: "found" });
        });
    });
});
