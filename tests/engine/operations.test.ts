/**
 * What Pulumi's own options and commands do with the components: protection, targeted updates, the adoption of existing
 * objects, and credentials that change. With the real CLI and its exit codes; no pod is needed.
 */
import { strict as assert } from "node:assert";

import { image, otherImage } from "../support/arguments";
import { assertNoStackTrace } from "../support/cli-output";
import { CliProject } from "../support/cli-project";
import { createObjects, deleteObjects, getObjects, kubectl } from "../support/kubectl";

interface Found {
    kind: string;
    metadata: { name: string; uid: string };
}

describe("Pulumi's own operations, on a real API server", function () {
    this.timeout("4m");

    const namespace = "operations";
    const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    const inNamespace = ["--namespace", namespace];
    let project: CliProject;

    const uids = async (): Promise<Record<string, string>> => {
        const { items } = await getObjects<{ items: Found[] }>(
            "services,deployments,poddisruptionbudgets",
            ...inNamespace,
        );
        return Object.fromEntries(items.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.uid]));
    };
    const imageOf = (name: string) =>
        kubectl(
            "get",
            `deployment/${name}`,
            ...inNamespace,
            "--output=jsonpath={.spec.template.spec.containers[0].image}",
        );

    const start = async (program: string) => {
        project = new CliProject(
            "operations",
            `
            const k8s = require("@pulumi/kubernetes");
            const pulumi = require("@pulumi/pulumi");
            const mlops = require("kubernetes-mlops");
            const workspace = { namespace: "${namespace}" };
            const image = process.env.EDITED ? "${otherImage}" : "${image}";
            ${program}
        `,
        );
        await project.succeed(["stack", "init", "dev"]);
    };

    before(() => createObjects(space));
    afterEach(async () => {
        await project?.succeed(["state", "unprotect", "--all", "--yes"]);
        await project?.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "dev"]);
        project?.remove();
    });
    after(() => deleteObjects(space));

    it("keep every object of a protected component, and still update it", async () => {
        await start(`
            if (!process.env.REMOVED) {
                new mlops.ModelServer("fraud", { workspace, image, replicas: 0 }, { protect: true });
            }
        `);
        await project.succeed(["up", "--yes", "--skip-preview"]);
        const before = await uids();
        for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const { code, output } = await project.run(command, { REMOVED: "yes" });
            assert.notEqual(code, 0, output);
            assertNoStackTrace(output);
            assert.match(output, /cannot be deleted|protect/);
        }
        assert.notEqual((await project.run(["destroy", "--yes", "--skip-preview"])).code, 0);
        assert.deepEqual(await uids(), before);
        await project.succeed(["up", "--yes", "--skip-preview"], { EDITED: "yes" });
        assert.equal(await imageOf("fraud"), otherImage);
        assert.deepEqual(await uids(), before);
    });

    it("update the objects of one component alone, with a target for its children", async () => {
        await start(`
            new mlops.ModelServer("fraud", { workspace, image, replicas: 0 });
            new mlops.ModelServer("risk", { workspace, image, replicas: 0 });
        `);
        await project.succeed(["up", "--yes", "--skip-preview"]);
        const edited = { EDITED: "yes" };
        const target = "**ModelServer$**::fraud-*";
        await project.succeed(["preview", "--target", target], edited);
        await project.succeed(["up", "--yes", "--skip-preview", "--target", target], edited);
        assert.deepEqual([await imageOf("fraud"), await imageOf("risk")], [otherImage, image]);
        await project.succeed(["up", "--yes", "--skip-preview"], edited);
        await project.succeed(["preview", "--expect-no-changes"], edited);
    });

    it("adopt existing objects with two annotations, which one update needs", async () => {
        const service = {
            apiVersion: "v1",
            kind: "Service",
            metadata: { namespace, name: "fraud" },
            spec: { selector: { app: "legacy" }, ports: [{ name: "http", port: 8080 }] },
        };
        await createObjects(service);
        await start(`
            const adopt = ({ type, props, opts }) => {
                const annotations = { "kubernetes-mlops/adopt": "true", "pulumi.com/patchForce": "true" };
                const metadata = { ...props.metadata, annotations: { ...props.metadata?.annotations, ...annotations } };
                return type.startsWith("kubernetes:") ? { props: { ...props, metadata }, opts } : undefined;
            };
            new mlops.ModelServer("fraud", { workspace, image, replicas: 0 }, process.env.ADOPT ? { transforms: [adopt] } : {});
        `);
        const { uid } = (await getObjects<Found>("service", "fraud", ...inNamespace)).metadata;
        assert.notEqual((await project.run(["preview"])).code, 0);
        await project.succeed(["preview"], { ADOPT: "yes" });
        await project.succeed(["up", "--yes", "--skip-preview"], { ADOPT: "yes" });
        const adopted = await getObjects<Found & { spec: { selector: object } }>("service", "fraud", ...inNamespace);
        assert.equal(adopted.metadata.uid, uid);
        assert.deepEqual(adopted.spec.selector, {
            "app.kubernetes.io/component": "model-server",
            "app.kubernetes.io/name": "fraud",
        });
        await project.succeed(["up", "--yes", "--skip-preview"]);
        await project.succeed(["preview", "--expect-no-changes"]);
        assert.equal((await getObjects<Found>("service", "fraud", ...inNamespace)).metadata.uid, uid);
    });

    it("roll a server to new registry credentials, given as one object, of which nothing is shown", async () => {
        await start(`
            const registry = pulumi.secret({
                server: "registry.example.com",
                username: "ci",
                password: process.env.PASSWORD ?? "hunter2",
            });
            const auths = registry.apply(({ server, ...login }) => JSON.stringify({ auths: { [server]: login } }));
            // Without a name of its own, so that another Secret exists before the pods change to it.
            const pull = new k8s.core.v1.Secret("pull", {
                metadata: { namespace: "${namespace}" },
                type: "kubernetes.io/dockerconfigjson",
                stringData: { ".dockerconfigjson": auths },
            });
            workspace.imagePullSecrets = [pull.metadata.name];
            new mlops.ModelServer("fraud", { workspace, image, replicas: 0 });
        `);
        await project.succeed(["up", "--yes", "--skip-preview"]);
        const secretOf = () =>
            kubectl(
                "get",
                "deployment/fraud",
                ...inNamespace,
                "--output=jsonpath={.spec.template.spec.imagePullSecrets[*].name}",
            );
        const [before, objects] = [await secretOf(), await uids()];
        const rotated = { PASSWORD: "correct-horse" };
        const preview = await project.succeed(["preview", "--diff"], rotated);
        assert.match(preview, /\+-1 to replace/);
        assert.match(preview, /~ 1 to update/);
        assert.doesNotMatch(preview, /hunter2|correct-horse/);
        await project.succeed(["up", "--yes", "--skip-preview"], rotated);
        const after = await secretOf();
        assert.notEqual(after, before);
        const data = await kubectl("get", `secret/${after}`, ...inNamespace, "--output=jsonpath={.data.*}");
        assert.match(Buffer.from(data, "base64").toString(), /correct-horse/);
        assert.equal(await kubectl("get", `secret/${before}`, ...inNamespace, "--ignore-not-found"), "");
        assert.deepEqual(await uids(), objects);
        await project.succeed(["preview", "--expect-no-changes"], rotated);
    });
});
