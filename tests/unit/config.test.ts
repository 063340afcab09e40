/** The package's own configuration, which is the default of arguments. */
import * as assert from "node:assert/strict";

import { Addon, Image, type ImageArgs, Notebook, Platform } from "../../src";
import { image, imageArgs } from "../support/arguments";
import { directoryWith } from "../support/directories";
import { type Properties, type Recording, run } from "../support/mocks";

const base = "registry.example/python@sha256:00";
const workspace = { namespace: "team" };

async function buildOf(args: Partial<ImageArgs>, config: Record<string, string>): Promise<Properties> {
    const context = directoryWith({ "requirements.txt": "", Dockerfile: "FROM scratch" });
    const recording = await run(() => new Image("fraud", { ...imageArgs(), context, ...args }), { config });
    return recording.resource("fraud-image").inputs;
}

/** The storage class of the home of a notebook, and its name. */
async function homeOf(storageClass: string | undefined, config: Record<string, string>): Promise<unknown[]> {
    const recording = await run(() => new Notebook("nb", { workspace, image, token: "t", home: { storageClass } }), {
        config,
    });
    const { metadata, spec } = recording.resource("nb-home").inputs;
    return [(spec as Properties).storageClassName, (metadata as Properties).name] as unknown[];
}

/** The message with which a program fails. */
async function failure(program: () => unknown, config: Record<string, string>): Promise<string> {
    const failed = await run(program, { config }).then(
        () => undefined,
        (error: Error) => error.message,
    );
    return failed ?? assert.fail("it did not fail");
}

const failureOf = (config: Record<string, string>) => failure(() => new Image("fraud", imageArgs()), config);

describe("the configuration of the package", () => {
    it("names the base image of Python programs, unless an argument names a base or a version", async () => {
        const config = { "kubernetes-mlops:pythonBaseImage": base };
        const baseOf = async (python: ImageArgs["python"]) =>
            ((await buildOf({ python }, config)).buildArgs as Properties).BASE_IMAGE as string;
        assert.equal(await baseOf({}), base);
        assert.equal(await baseOf({ baseImage: "own.example/python:1" }), "own.example/python:1");
        assert.match(await baseOf({ version: "3.11" }), /^docker\.io\/library\/python:3\.11/);
        assert.deepEqual((await buildOf({}, config)).buildArgs, {});
    });

    it("names the network of builds, unless an argument does", async () => {
        const config = { "kubernetes-mlops:buildNetwork": "host" };
        assert.equal((await buildOf({}, config)).network, "host");
        assert.equal((await buildOf({ network: "none" }, config)).network, "none");
        assert.equal((await buildOf({}, {})).network, "default");
    });

    it("names the storage class of claims, unless an argument does, as if it were one", async () => {
        const config = { "kubernetes-mlops:storageClass": "fast" };
        assert.deepEqual(await homeOf(undefined, config), await homeOf("fast", {}));
        assert.deepEqual(await homeOf("slow", config), await homeOf("slow", {}));
        assert.equal((await homeOf(undefined, {}))[0], undefined);
    });

    it("says where a closed network has charts, unless an argument does", async () => {
        const config = { "kubernetes-mlops:mirror": JSON.stringify({ charts: "oci://mirror.example/charts" }) };
        const chartsOf = ({ resources }: Recording) =>
            resources
                .filter(({ type, name }) => type === "kubernetes:helm.sh/v4:Chart" && !name.endsWith(":preflight"))
                .map(({ inputs }) => inputs.chart as string);
        const chart = { chart: "a", repository: "oci://example.com", version: "1.0.0" };
        const addon = (mirror?: object) =>
            run(() => new Addon("a", { charts: [chart], namespace: "a", mirror }), { config }).then(chartsOf);
        assert.deepEqual(await addon(), ["oci://mirror.example/charts/a"]);
        assert.deepEqual(await addon({}), ["oci://example.com/a"]);
        const platform = await run(() => new Platform("p", { addons: { kueue: {} } }), { config });
        assert.deepEqual(chartsOf(platform), ["oci://mirror.example/charts/kueue"]);
    });

    const wrong: [Record<string, string>, string][] = [
        [
            { buildNetwok: "host" },
            "kubernetes-mlops:buildNetwok does not exist; allowed are kubernetes-mlops:buildNetwork, " +
                "kubernetes-mlops:mirror, kubernetes-mlops:pythonBaseImage, kubernetes-mlops:storageClass; remove it " +
                "with `pulumi config rm kubernetes-mlops:buildNetwok`",
        ],
        [
            { buildNetwork: "bridge" },
            'kubernetes-mlops:buildNetwork is "bridge"; it must be one of default, host, none',
        ],
        [{ storageClass: "Fast SSD" }, 'kubernetes-mlops:storageClass is "Fast SSD"; it must be'],
        [{ mirror: "registry.example.com" }, "kubernetes-mlops:mirror must be an object"],
        [{ mirror: '{"chart":"a"}' }, "kubernetes-mlops:mirror.chart does not exist; allowed here: charts, images"],
        [{ mirror: '{"charts":5}' }, "kubernetes-mlops:mirror.charts is 5; it must be"],
    ];
    for (const [values, message] of wrong) {
        it(`is refused in one line: ${JSON.stringify(values)}`, async () => {
            const config = Object.fromEntries(
                Object.entries(values).map(([key, value]) => [`kubernetes-mlops:${key}`, value]),
            );
            const said = await failureOf(config);
            assert.ok(said.startsWith(`Image "fraud": configuration ${message}`), said);
            assert.ok(!said.includes("\n"), said);
            const platform = await failure(() => new Platform("p", { addons: { kueue: {} } }), config);
            assert.ok(platform.startsWith(`Platform "p": configuration ${message}`), platform);
        });
    }

    it("is nothing to it where it is another project's", async () => {
        assert.equal(
            (await buildOf({}, { "project:buildNetwok": "host", "kubernetes:context": "a" })).network,
            "default",
        );
    });
});
