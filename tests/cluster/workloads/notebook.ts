import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../../support/eventually";
import { getOnce } from "../../support/http";
import { getObjects, kubectl } from "../../support/kubectl";
import type { Workload } from "./workload";

const namespace = "notebook";
const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);

/** Waits until the notebook has been idle for long enough, and its pod is deleted. */
async function stopped(): Promise<void> {
    for (;;) {
        const left = await inNamespace(
            "get",
            "statefulset,pods",
            "--output=jsonpath={.items[*].spec.replicas}{.items[*].kind}",
        );
        if (left === "0StatefulSet") {
            return;
        }
        await sleep(500);
    }
}

export const workload: Workload = {
    example: "notebook",
    edit: (edit) => edit("index.ts", 'idleTimeout: "1h"', 'idleTimeout: "15s"'),

    checks: (outputs) => {
        it("is stopped when it has been idle for a while: its pod is deleted, its home stays", async function () {
            this.timeout("2m");
            await stopped();
            const claim = `persistentvolumeclaim/${String(outputs().home)}`;
            const { status } = await getObjects<{ status: { phase: string } }>(claim, "--namespace", namespace);
            assert.equal(status.phase, "Bound");
        });

        it("is started again, and admits only requests with its token", async function () {
            this.timeout("3m");
            await inNamespace("scale", "statefulset/notebook-notebook", "--replicas=1");
            await inNamespace("rollout", "status", "statefulset/notebook-notebook", "--timeout=150s");
            const address = await inNamespace(
                "get",
                "service/notebook-notebook",
                "--output=jsonpath={.spec.clusterIP}",
            );
            const status = `http://${address}:8888/api/status`;
            // A pod is ready before kube-proxy directs connections to it.
            await eventually(async () => {
                const { status: code, text } = await getOnce(`${status}?token=${String(outputs().token)}`, 10_000);
                assert.equal(code, 200, text);
                assert.equal((JSON.parse(text) as { kernels: number }).kernels, 0);
            }, 30);
            assert.equal((await getOnce(status, 10_000)).status, 403);
            assert.equal((await getOnce(`${status}?token=guessed`, 10_000)).status, 403);
        });

        it("has a home and the team's volume that it can write to, and no token of the cluster", async () => {
            const program = [
                "import os, pathlib",
                "home = pathlib.Path.home()",
                "[(home / place / 'written').write_text('') for place in ['.', 'team']]",
                "print(home, pathlib.Path('/var/run/secrets/kubernetes.io').exists())",
            ].join("; ");
            const said = await inNamespace(
                "exec",
                "notebook-notebook-0",
                "--container=main",
                "--",
                "python3",
                "-c",
                program,
            );
            assert.equal(said.trim(), "/home/notebook False");
        });

        it("is stopped again", async function () {
            this.timeout("2m");
            await stopped();
        });
    },
};
