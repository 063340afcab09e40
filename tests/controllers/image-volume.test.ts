/**
 * A ModelServer whose model is an image. The containerd of the local cluster, Debian's, is too old to mount one: the
 * pod runs on a separate node of the test, with a newer containerd.
 */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import { pushDigest } from "../../local/docker/cli";
import { docker } from "../../local/docker/daemon";
import { ModelServer } from "../../src";
import { directoryWith } from "../support/directories";
import { savedEnvironment } from "../support/environment";
import { goCommand } from "../support/go-command";
import { getOnce } from "../support/http";
import { run } from "../support/mocks";
import { TestNode } from "../support/node";

const module = "github.com/containerd/containerd/v2";
const modules = path.join(__dirname, "go", "containerd");

/** Pushes an image that contains these files, and returns its reference by digest. */
async function pushModel(files: Record<string, string>): Promise<string> {
    const { dockerHost, registry } = savedEnvironment();
    const context = directoryWith({ Dockerfile: "FROM scratch\nCOPY model/ /\n" });
    fs.mkdirSync(path.join(context, "model"));
    Object.entries(files).forEach(([name, text]) => fs.writeFileSync(path.join(context, "model", name), text));
    const repository = `${registry}/image-volume-test/model`;
    await docker(dockerHost!, ["build", "--quiet", "--tag", `${repository}:1`, context]);
    return `${repository}@${pushDigest((await docker(dockerHost!, ["push", `${repository}:1`])).split("\n"))}`;
}

/** Tries to write into the model, and serves all files. */
const program = `
import functools, http.server, os
try:
    open("/model/written", "w")
except OSError as error:
    open("/tmp/refusal", "w").write(os.strerror(error.errno))
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="/")
http.server.ThreadingHTTPServer(("", 8080), handler).serve_forever()
`;

/** The pod of a ModelServer that runs this program, as the component writes it. */
async function servingPod(model: string): Promise<{ metadata: { name: string } }> {
    const recording = await run(() => {
        new ModelServer("served", {
            workspace: { namespace: "ml" },
            image: savedEnvironment().baseImage!,
            command: ["python3", "-c", program],
            livenessPath: "/",
            model: `oci://${model}`,
            resources: { cpu: "10m", memory: "64Mi" },
            runAsUser: 1000,
        });
    });
    const { template } = (recording.resource("served-deployment").inputs as { spec: { template: Template } }).spec;
    const metadata = { ...template.metadata, name: "served", namespace: "ml" };
    return { apiVersion: "v1", kind: "Pod", ...template, metadata } as { metadata: { name: string } };
}

interface Template {
    metadata: object;
    spec: object;
}

describe("a ModelServer whose model is an image", function () {
    this.timeout("5m");

    let node: TestNode;
    before(async function () {
        this.timeout("60m");
        const containerd = await goCommand("containerd", modules, module);
        const shim = await goCommand("containerd-shim-runc-v2", modules, module);
        node = await TestNode.start(containerd, shim);
    });
    after(async () => node?.stop());

    it("has the files in the model's directory, and cannot write there", async () => {
        const model = await pushModel({ "model.json": '{"weights":[1,2,3]}' });
        const { status } = await node.runPod(await servingPod(model));
        const read = async (file: string) => (await getOnce(`http://${status.podIP}:8080${file}`, 10_000)).text;
        assert.equal(await read("/model/model.json"), '{"weights":[1,2,3]}');
        assert.deepEqual(
            [...(await read("/model/")).matchAll(/href="(.+?)"/g)].map(([, name]) => name),
            ["model.json"],
        );
        assert.equal(await read("/tmp/refusal"), "Read-only file system");
    });
});
