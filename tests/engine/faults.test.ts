import { strict as assert } from "node:assert";
import * as fs from "node:fs";

import { Provider } from "@pulumi/kubernetes";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";

import * as mlops from "../../src";
import { savedEnvironment } from "../support/environment";
import { kubectl } from "../support/kubectl";
import { Proxy } from "../support/proxy";
import { TestStack } from "../support/stack";
import { completedAtOnce, skipAwait } from "../support/transforms";

const image = `registry.example.com/fraud@sha256:${"0".repeat(64)}`;

/** The kubeconfig of the environment, with another address of its API server. */
function kubeconfig(change: (server: string) => string): string {
    const config = parse(fs.readFileSync(savedEnvironment().kubeconfig, "utf8")) as {
        clusters: { cluster: { server: string } }[];
    };
    for (const { cluster } of config.clusters) {
        cluster.server = change(cluster.server);
    }
    return stringify(config);
}

describe("faults and secrets, on a real API server", function () {
    this.timeout("3m");

    let stack: TestStack | undefined;
    afterEach(async () => {
        await stack?.destroy();
        stack = undefined;
    });

    it("is repaired by a second update when the API server fails in the middle of the first", async () => {
        let server = "";
        kubeconfig((url) => (server = url));
        const proxy = await Proxy.to(server);
        let cutting = true;
        const program = async () => {
            const provider = new Provider("cluster", { kubeconfig: kubeconfig(() => proxy.url) });
            const opts = { provider, transforms: [skipAwait, completedAtOnce] };
            const space = new core.Namespace("space", { metadata: { name: "outage" } }, { provider });
            // The API server fails after the first object is created, and with it everything that comes after.
            const namespace = space.metadata.name.apply((name) => {
                if (cutting && !pulumi.runtime.isDryRun()) {
                    proxy.cut();
                }
                return name;
            });
            const training = new mlops.TrainingJob("train", { workspace: { namespace }, image }, opts);
            const served = new mlops.ModelServer(
                "serve",
                { workspace: { namespace }, image, model: training.model },
                opts,
            );
            return Promise.resolve({ url: served.url });
        };
        stack = await TestStack.create("outage", program);
        try {
            await assert.rejects(
                stack.up(),
                /unreachable|connection refused|EOF|connection reset|failed to (read|reach)/,
            );
            cutting = false;
            proxy.repair();
            assert.deepEqual(await stack.up(), { url: "http://serve.outage.svc.cluster.local:8080" });
            assert.deepEqual(await stack.preview(), []);
            await stack.destroy();
            stack = undefined;
        } finally {
            proxy.close();
        }
    });

    it("reaches every child with an explicit provider, with the default ones disabled", async () => {
        stack = await TestStack.create("explicit", async () => {
            const provider = new Provider("cluster", { kubeconfig: kubeconfig((server) => server) });
            const space = new core.Namespace("space", { metadata: { name: "explicit" } }, { provider });
            const args = { workspace: { namespace: space.metadata.name }, image, secretEnv: { TOKEN: "one" } };
            const opts = { providers: [provider], transforms: [skipAwait, completedAtOnce] };
            const training = new mlops.TrainingJob("train", args, opts);
            new mlops.ModelServer("serve", { ...args, model: training.model, autoscaling: { max: 2 } }, opts);
            return Promise.resolve({});
        });
        await stack.disableDefaultProviders();
        await stack.up();
        assert.deepEqual(await stack.preview(), []);
    });

    it("refuses to take over what another stack has created under the same names", async () => {
        const program = async () => {
            const args = { workspace: { namespace: "default" }, image };
            new mlops.ModelServer("serve", args, { transforms: [skipAwait, completedAtOnce] });
            return Promise.resolve({});
        };
        stack = await TestStack.create("first", program);
        await stack.up();
        const before = await kubectl("get", "deployment", "serve", "--output", "jsonpath={.metadata.resourceVersion}");
        const second = await TestStack.create("second", program);
        await assert.rejects(
            second.up(),
            /"pulumi\/tests\/second" had an apply conflict: .* with "pulumi\/tests\/first"/,
        );
        await second.destroy();
        const after = await kubectl("get", "deployment", "serve", "--output", "jsonpath={.metadata.resourceVersion}");
        assert.equal(after, before);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("shows a secret nowhere: not in the state, in a preview, or in the output of an update", async () => {
        let password = "first-geheim";
        stack = await TestStack.create("secrets", async () => {
            const space = new core.Namespace("space", { metadata: { name: "secrets" } });
            const args = {
                workspace: { namespace: space.metadata.name },
                image,
                secretEnv: { PLAIN: password, SECRET: pulumi.secret(password) },
            };
            new mlops.TrainingJob("train", args, { transforms: [skipAwait, completedAtOnce] });
            new mlops.ModelServer("serve", args, { transforms: [skipAwait, completedAtOnce] });
            return Promise.resolve({});
        });
        await stack.preview();
        await stack.up();
        password = "second-geheim";
        await stack.preview();
        await stack.up();
        const everything = stack.stored() + stack.log;
        assert.match(everything, /serve-server-env-/);
        for (const secret of [
            "geheim",
            Buffer.from("first-geheim").toString("base64"),
            Buffer.from(password).toString("base64"),
        ]) {
            assert.ok(!everything.includes(secret), `${secret} is shown`);
        }
    });

    const wrongLater: { what: string; args: Partial<mlops.ModelServerArgs>; error: RegExp }[] = [
        {
            what: "a tag",
            args: { image: pulumi.output("fraud:latest") },
            error: /ModelServer "serve": image is "fraud:latest"; it must be repository@sha256:/,
        },
        {
            what: "a secret in env",
            args: { env: { PASSWORD: pulumi.secret("geheim") } },
            error: /ModelServer "serve": env\.PASSWORD is a secret; move it to secretEnv, which stores it in a Kubernetes Secret/,
        },
    ];
    for (const { what, args, error } of wrongLater) {
        it(`refuses an Output that turns out to be ${what} in the preview, with the same error`, async () => {
            stack = await TestStack.create("wrong", async () => {
                new mlops.ModelServer("serve", { workspace: { namespace: "default" }, image, ...args });
                return Promise.resolve({});
            });
            await assert.rejects(stack.preview(), error);
            assert.ok(!stack.log.includes("geheim"));
        });
    }
});
