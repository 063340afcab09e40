import * as assert from "node:assert/strict";
import { Resolver } from "node:dns/promises";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";

import { type ClusterStatus, clusterStatus, clusterUp } from "../../local/cluster";
import { clusterDir, loadSettings } from "../../local/cluster/settings";
import { withPortForward } from "../../local/predict";
import { run } from "../../local/run";
import { savedEnvironment } from "../support/environment";
import { getOnce } from "../support/http";
import { inOrder } from "../support/in-order";
import { trialObjects } from "../support/trial-pod";

const namespace = "local-cluster-test";

/** A cluster of the user's does not have what this test checks. */
const test = savedEnvironment().context === undefined ? describe : describe.skip;

test("a pod on the local node", function () {
    this.timeout("2m");
    inOrder();

    const { kubeconfig } = savedEnvironment();
    const command = loadSettings()?.kubernetes ?? "";
    const kubectlArgs = ["kubectl", "--kubeconfig", kubeconfig];
    const kubectl = (...args: string[]): Promise<string> => run(command, [...kubectlArgs, ...args], { timeout: 100 });
    const apply = (objects: object[]): Promise<string> => {
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
        return run(command, [...kubectlArgs, "apply", "-f", "-"], { input });
    };
    /** Runs a busybox command in the pod. */
    const busybox = (...args: string[]): Promise<string> =>
        kubectl("exec", "--namespace", namespace, "server", "--", "/busybox", ...args);
    const wget = (url: string): Promise<string> => busybox("wget", "-q", "-O", "-", url);

    before(async () => {
        await kubectl("delete", "namespace", namespace, "--ignore-not-found");
        await apply(trialObjects(namespace));
    });
    after(() => kubectl("delete", "namespace", namespace, "--ignore-not-found"));

    it("becomes ready under the restricted standard", async () => {
        await kubectl("wait", "--namespace", namespace, "--for=condition=Ready", "pod/server", "--timeout=60s");
    });

    it("writes, as its user and with the volume's group, to the claim of the default storage class", async () => {
        const [claim] = JSON.parse(
            await kubectl("get", "pvc", "--namespace", namespace, "--output=jsonpath=[{.items[0].spec}]"),
        ) as { storageClassName: string; volumeName: string }[];
        assert.equal(claim!.storageClassName, "local");
        assert.deepEqual(readdirSync(clusterDir("volumes", claim!.volumeName)), ["index.html"]);
        assert.equal(await busybox("stat", "-c", "%u %g %a", "/data/index.html"), "1000 2000 644");
    });

    it("has logs, and commands can be run in it", async () => {
        assert.equal(await kubectl("logs", "--namespace", namespace, "server"), "started");
        assert.equal(await busybox("id", "-u"), "1000");
    });

    it("resolves names in the cluster, and outside of it if the machine does", async () => {
        const lookup = await busybox("nslookup", "kubernetes.default.svc.cluster.local");
        assert.match(lookup, /^Address: 10\.96\.0\.1$/m);
        const outside = new URL(await run("npm", ["config", "get", "registry"])).hostname;
        const known = await new Resolver({ timeout: 2000, tries: 1 }).resolve4(outside).catch(() => []);
        if (known.length > 0) {
            assert.match(await busybox("nslookup", outside), new RegExp(`^Name:\\s+${outside}`, "m"));
        }
    });

    it("reaches the API server, and its own Service, at their Services' names", async () => {
        await busybox("nc", "-w", "5", "kubernetes.default", "443");
        assert.equal(await wget(`http://web.${namespace}.svc.cluster.local`), "hello");
    });

    it("is reached from this machine: at its Service's address and through a port-forward", async () => {
        const address = await kubectl(
            "get",
            "service",
            "web",
            "--namespace",
            namespace,
            "-o=jsonpath={.spec.clusterIP}",
        );
        const text = async (url: string): Promise<string> => (await getOnce(url, 5000)).text;
        assert.equal(await text(`http://${address}`), "hello\n");
        const forward = { command, args: kubectlArgs, env: {} };
        assert.equal(await withPortForward(forward, namespace, "web", 80, text), "hello\n");
    });

    it("is deleted, with its namespace, and the next `up` empties and releases its volume", async () => {
        const field = "--output=jsonpath={.spec.volumeName}";
        const volume = await kubectl("get", "pvc", "data", "--namespace", namespace, field);
        await kubectl("delete", "pod", "server", "--namespace", namespace, "--timeout=30s");
        await kubectl("delete", "namespace", namespace, "--timeout=60s");
        const phase = (): Promise<string> => kubectl("get", "pv", volume, "--output=jsonpath={.status.phase}");
        assert.equal(await phase(), "Released");
        const start = Date.now();
        await clusterUp({ node: false, report: assert.fail });
        assert.ok(Date.now() - start < 5000, "an `up` with nothing to start takes seconds");
        await kubectl("wait", "--for=jsonpath={.status.phase}=Available", `pv/${volume}`, "--timeout=20s");
        assert.deepEqual(readdirSync(clusterDir("volumes", volume)), []);
    });

    it("is on a node with all daemons running, in the expected version", async () => {
        const { exists, node, kubeconfig: file, daemons }: ClusterStatus = await clusterStatus();
        assert.deepEqual({ exists, node, file }, { exists: true, node: true, file: kubeconfig });
        assert.deepEqual(
            daemons.map(({ name, running }) => `${name} ${running}`),
            [
                "containerd",
                "coredns",
                "etcd",
                "kube-apiserver",
                "kube-controller-manager",
                "kube-proxy",
                "kube-scheduler",
                "kubelet",
            ].map((name) => `${name} true`),
        );
        for (const { name, pid, version } of daemons) {
            assert.match(version ?? "", /^v\d+\.\d+\.\d+/, name);
            assert.ok(existsSync(path.join("/proc", String(pid))), name);
        }
    });
});
