/**
 * What a preview promises, with the real CLI and its exit codes: it fails if an argument is wrong, an update then changes
 * nothing, and what a preview could not look at is said. No pod is needed.
 */
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { stringify } from "yaml";

import { backendUrl } from "../../local/stack";
import { image } from "../support/arguments";
import { assertNoStackTrace, diagnosticsOf } from "../support/cli-output";
import { CliProject, type Ended } from "../support/cli-project";
import { directoryWith } from "../support/directories";
import { savedEnvironment } from "../support/environment";
import { createObjects, deleteObjects, getObjects, kubectl } from "../support/kubectl";
import { installPackage, installSdks, packPackage, sdks } from "../support/sdks";

const spaceOf = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

/** What exists of a stack in a namespace, by kind and name. */
async function objectsIn(namespace: string): Promise<string[]> {
    const kinds = "services,deployments,configmaps,secrets,poddisruptionbudgets,persistentvolumeclaims,jobs";
    const { items } = await getObjects<{ items: { kind: string; metadata: { name: string } }[] }>(
        kinds,
        "--namespace",
        namespace,
    );
    const found = items.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    return found.filter((one) => one !== "ConfigMap kube-root-ca.crt").sort();
}

/** The lines in which a command reports why it has failed. */
function failureOf({ code, output }: Ended): string[] {
    assert.notEqual(code, 0, output);
    assertNoStackTrace(output);
    return diagnosticsOf(output);
}

/** The plugin of the machine, whatever version an SDK asks for. */
function pinPlugin(directory: string): void {
    const plugins = path.join(savedEnvironment().env.PULUMI_HOME!, "plugins");
    const isPlugin = (name: string) => /^resource-kubernetes-v[\d.]+\d$/.test(name);
    const found = path.join(plugins, fs.readdirSync(plugins).find(isPlugin)!);
    const pinned = { plugins: { providers: [{ name: "kubernetes", path: found }] } };
    fs.appendFileSync(path.join(directory, "Pulumi.yaml"), stringify(pinned));
}

/** Programs begin with this. */
const imports = `
    const k8s = require("@pulumi/kubernetes");
    const pulumi = require("@pulumi/pulumi");
    const mlops = require("kubernetes-mlops");
    const image = "${image}";
`;

describe("a wrong Output", function () {
    this.timeout("5m");

    const mistakes = [
        'ModelServer "fraud": image is "fraud:latest"; it must be repository@sha256:<64 hexadecimal digits>, such as the ' +
            "ref of an Image",
        'ModelServer "fraud": replicas is -1; it must be an integer from 0 to 10000',
        'ModelServer "fraud": env.PASSWORD is a secret; move it to secretEnv, which stores it in a Kubernetes Secret',
        'TrainingJob "train": image is "train:latest"; it must be repository@sha256:<64 hexadecimal digits>, such as the ' +
            "ref of an Image",
    ].sort();

    /** A server without a mistake, another one and a training with several, and outputs that depend on these. */
    const program = (namespace: string) => `${imports}
        const workspace = { namespace: "${namespace}" };
        new mlops.ModelServer("right", { workspace, image, replicas: 0 });
        const training = new mlops.TrainingJob("train", { workspace, image: pulumi.output("train:latest") });
        const server = new mlops.ModelServer("fraud", {
            workspace,
            image: pulumi.output("fraud:latest"),
            replicas: pulumi.output(-1),
            env: { PASSWORD: pulumi.secret("hunter2") },
        });
        module.exports = { url: server.url, model: training.model };
    `;

    /** Runs the program by the Automation API, and prints how that has ended. */
    const automation = `
        const { LocalWorkspace } = require("@pulumi/pulumi/automation");
        const { readFileSync } = require("node:fs");

        const program = () => Promise.resolve(require("./index.js"));
        const projectSettings = JSON.parse(readFileSync("settings.json", "utf8"));
        LocalWorkspace.createOrSelectStack({ stackName: "automation", projectName: "gates", program }, { projectSettings })
            .then((stack) => stack[process.argv[2]]({ color: "never", onOutput: (text) => process.stdout.write(text) }))
            .then(() => console.log("RESOLVED"), (error) => console.log("REJECTED with a " + error.name));
    `;

    let archive: string;
    before(() => {
        archive = packPackage();
    });

    for (const [age, versions] of Object.entries(sdks)) {
        describe(`with the ${age} SDKs`, () => {
            const namespace = `previews-${age}`;
            let project: CliProject;

            before(async () => {
                await createObjects(spaceOf(namespace));
                const cached = installSdks(archive, versions);
                const install = (directory: string) => {
                    installPackage(directory, archive, cached);
                    pinPlugin(directory);
                };
                project = new CliProject("gates", program(namespace), undefined, { install });
                await project.succeed(["stack", "init", "cli"]);
            });
            after(async () => {
                await deleteObjects(spaceOf(namespace));
                project?.remove();
            });

            /** The mistakes that a command reports, without the warning about the version of the plugin. */
            const reported = (ended: Ended) =>
                failureOf(ended)
                    .filter((line) => !/resource plugin kubernetes is expected|^\(node:|^\(Use `node/.test(line))
                    .sort();

            it("fails the preview, which prints all of them, each in a line", async () => {
                assert.deepEqual(reported(await project.run(["preview"])), mistakes);
            });

            it("fails an update in its preview, and nothing is changed", async () => {
                assert.deepEqual(reported(await project.run(["up", "--yes"])), mistakes);
                assert.deepEqual(await objectsIn(namespace), []);
            });

            it("fails an update without a preview, and no component creates anything", async () => {
                assert.deepEqual(reported(await project.run(["up", "--yes", "--skip-preview"])), mistakes);
                assert.deepEqual(await objectsIn(namespace), []);
                await project.succeed(["destroy", "--yes", "--skip-preview"]);
            });

            // Before 3.257, the SDK waits forever for what depends on a resource that is not registered.
            const commands = age === "newest" ? ["preview", "up"] : ["preview"];
            for (const command of commands) {
                it(`fails \`${command}\` of the Automation API, and nothing is changed`, async () => {
                    const { directory } = project;
                    const settings = fs.readFileSync(path.join(directory, "Pulumi.yaml"), "utf8");
                    const found = /path: (.*)/.exec(settings)![1];
                    const plugins = { providers: [{ name: "kubernetes", path: found }] };
                    const content = JSON.stringify({ name: "gates", runtime: "nodejs", plugins });
                    fs.writeFileSync(path.join(directory, "settings.json"), content);
                    fs.writeFileSync(path.join(directory, "automation.js"), automation);
                    const { stdout } = spawnSync(process.execPath, ["automation.js", command], {
                        cwd: directory,
                        encoding: "utf8",
                        timeout: 60_000,
                        env: {
                            ...process.env,
                            ...savedEnvironment().env,
                            PULUMI_CONFIG_PASSPHRASE: "test",
                            PULUMI_BACKEND_URL: backendUrl(path.join(directory, "state")),
                        },
                    });
                    assert.match(stdout, /REJECTED with a /);
                    // The error that has ended the program is printed once more.
                    const lines = [...new Set(diagnosticsOf(stdout).filter((line) => /^\w+ "/.test(line)))];
                    assert.deepEqual(lines.sort(), mistakes, stdout);
                    assert.deepEqual(await objectsIn(namespace), []);
                });
            }
        });
    }
});

describe("an error in an update", function () {
    this.timeout("4m");

    const namespace = "previews-update";
    let project: CliProject;
    before(async () => {
        await createObjects(spaceOf(namespace));
    });
    afterEach(async () => {
        await project?.succeed(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "dev"]);
        project?.remove();
    });
    after(() => deleteObjects(spaceOf(namespace)));

    const start = async (program: string) => {
        project = new CliProject("updates", imports + program);
        await project.succeed(["stack", "init", "dev"]);
    };

    it("is one line, also if the value is known only when others have been created", async () => {
        await start(`
            const workspace = { namespace: "${namespace}" };
            const config = new k8s.core.v1.ConfigMap("config", { metadata: { name: "config", namespace: "${namespace}" } });
            const port = config.metadata.name.apply(() =>
                process.env.FIXED ? 8080 : pulumi.runtime.isDryRun() ? pulumi.unknown : 0);
            new mlops.ModelServer("fraud", { workspace, image, replicas: 0, port });
        `);
        await project.succeed(["preview"]);
        const lines = failureOf(await project.run(["up", "--yes"]));
        assert.deepEqual(lines, ['ModelServer "fraud": port is 0; it must be an integer from 1 to 65535']);
        assert.deepEqual(await objectsIn(namespace), ["ConfigMap config"]);
        const fixed = { FIXED: "yes" };
        await project.succeed(["up", "--yes", "--skip-preview"], fixed);
        await project.succeed(["preview", "--expect-no-changes"], fixed);
    });

    it("is one line with the name of the Addon and the chart, if a chart cannot be rendered", async () => {
        const chart = directoryWith({
            "Chart.yaml": stringify({ apiVersion: "v2", name: "gears", version: "1.0.0" }),
            "templates/configuration.yaml": 'motto: {{ required "set motto" .Values.motto }}',
        });
        await start(
            `new mlops.Addon("gears", { charts: [{ chart: "${chart}", release: "main" }], namespace: "${namespace}-gears" });`,
        );
        const { code, output } = await project.run(["preview"]);
        assert.notEqual(code, 0);
        // Pulumi may print its own error, "resource monitor shut down", after this one.
        assert.match(diagnosticsOf(output)[0]!, /Chart resource 'gears:main' has a problem: .*: set motto$/);
        assert.notEqual((await project.run(["up", "--yes"])).code, 0);
        assert.match(await kubectl("get", "namespaces", "--output=name"), /^(?!.*previews-update-gears)/s);
    });

    it("names the component in its URN, if the API server refuses an object", async () => {
        await start(`
            const workspace = { namespace: "${namespace}" };
            const podSpec = { containers: [{ name: "server", ports: [{ name: "-", containerPort: 1 }] }] };
            new mlops.ModelServer("fraud", { workspace, image, replicas: 0, podSpec });
        `);
        const lines = failureOf(await project.run(["preview"]));
        // Pulumi may print its own "preview failed" before or after it.
        assert.match(
            lines.join("\n"),
            /^.*ModelServer\$kubernetes:apps\/v1:Deployment::fraud-deployment" was not successfully created/m,
        );
    });
});

describe("a preview that cannot look at the cluster", function () {
    this.timeout("4m");

    const namespace = "previews-blind";
    const chart = directoryWith({
        "Chart.yaml": stringify({ apiVersion: "v2", name: "jobset", version: "0.12.0" }),
        "templates/configuration.yaml": stringify({
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "gears" },
        }),
    });
    const mirror = directoryWith({});
    fs.cpSync(chart, path.join(mirror, "jobset-0.12.0"), { recursive: true });
    /** A server, an add-on and a platform, by a provider with these arguments. */
    const program = `${imports}
        const kubeconfig = (server) => JSON.stringify({
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name: "nowhere", cluster: { server } }],
            contexts: [{ name: "nowhere", context: { cluster: "nowhere", user: "nobody" } }],
            users: [{ name: "nobody", user: {} }],
            "current-context": "nowhere",
        });
        const provider = new k8s.Provider("cluster", {
            unknown: { kubeconfig: pulumi.output("").apply(() => pulumi.unknown) },
            unreachable: { kubeconfig: kubeconfig("https://127.0.0.1:1") },
            yaml: { renderYamlToDirectory: "rendered" },
            cluster: {},
        }[process.env.PROVIDER]);
        const has = (component) => process.env.COMPONENTS.split(" ").includes(component);
        if (has("ModelServer")) {
            const workspace = { namespace: "${namespace}" };
            new mlops.ModelServer("fraud", { workspace, image, replicas: 0 }, { provider });
            new mlops.ModelServer("risk", { workspace, image, replicas: 0 }, { provider });
        }
        if (has("Addon")) {
            new mlops.Addon("gears", { charts: [{ chart: "${chart}", release: "gears" }], namespace: "${namespace}-gears" }, { provider });
        }
        if (has("Platform")) {
            const addons = { jobset: { namespace: "${namespace}-jobset" } };
            new mlops.Platform("platform", { addons, mirror: { charts: "${mirror}" } }, { provider });
        }
    `;
    const all = "ModelServer Addon Platform";

    let project: CliProject;
    before(async () => {
        project = new CliProject("blind", program);
        await project.succeed(["stack", "init", "dev"]);
    });
    after(() => project?.remove());

    const preview = (PROVIDER: string, COMPONENTS = all, env: NodeJS.ProcessEnv = {}) =>
        project.run(["preview"], { PROVIDER, COMPONENTS, ...env });
    const shows = "whether its objects exist already or belong to others";
    /** Either of the servers is the first that has found out. */
    const server = (lines: string[]) =>
        lines.map((line) => line.replace(/^ModelServer "(fraud|risk)"/, "ModelServer")).sort();

    it("says what it does not show where the cluster is not known yet", async () => {
        const { code, output } = await preview("unknown");
        assert.equal(code, 0, output);
        assert.deepEqual(diagnosticsOf(output).sort(), [
            'Addon "gears": its cluster is not known before the update, so this preview shows no objects of ' +
                "gears, nor whether others have installed it",
            'Addon "platform-jobset": its cluster is not known before the update, so this preview shows no objects of ' +
                "jobset, nor whether others have installed it",
            ...["fraud", "risk"].map(
                (name) =>
                    `ModelServer "${name}": its cluster is not known before the update, so this preview does ` +
                    `not show ${shows}`,
            ),
            'Platform "platform": its cluster is not known before the update, so this preview has not checked its version, ' +
                "nor what is installed in it; the update does",
        ]);
    });

    it("says so once for a namespace that does not exist yet, or that cannot be reached", async () => {
        const expected = [
            `ModelServer: the namespace ${namespace} was not found (it does not exist yet, the cluster cannot be ` +
                `reached, or the provider only renders YAML), so this preview does not show ${shows}`,
        ];
        for (const provider of ["cluster", "unreachable"]) {
            const { code, output } = await preview(provider, "ModelServer");
            assert.equal(code, 0, output);
            assert.deepEqual(server(diagnosticsOf(output)), expected);
        }
    });

    it("says nothing where it has looked", async () => {
        const { code, output } = await preview("cluster", "Addon Platform");
        assert.equal(code, 0, output);
        assert.deepEqual(diagnosticsOf(output), []);
    });

    it("fails in one line for a Platform whose cluster cannot be reached", async () => {
        const { code, output } = await preview("unreachable", "Platform");
        assert.notEqual(code, 0);
        assert.match(
            diagnosticsOf(output)[0]!,
            /Chart resource 'platform:preflight' has a problem: configured Kubernetes cluster is unreachable: .*connection refused$/,
        );
    });

    it("renders YAML without a cluster, and says what was not checked", async () => {
        // A kubeconfig would be an argument of the provider.
        const { code, output } = await preview("yaml", all, { KUBECONFIG: "" });
        assert.equal(code, 0, output);
        assert.deepEqual(server(diagnosticsOf(output)), [
            `Addon: the cluster cannot be reached, or the provider only renders YAML, so this preview does not show ${shows}`,
            `ModelServer: the namespace ${namespace} was not found (it does not exist yet, the cluster cannot be ` +
                `reached, or the provider only renders YAML), so this preview does not show ${shows}`,
            'Platform "platform": its provider reaches no cluster, so this preview has not checked its version, nor what is ' +
                "installed in it",
        ]);
        const env = { PROVIDER: "yaml", COMPONENTS: all, KUBECONFIG: "" };
        await project.succeed(["up", "--yes", "--skip-preview"], env);
        const rendered = fs.readdirSync(path.join(project.directory, "rendered", "1-manifest"));
        for (const object of ["deployment-previews-blind-fraud", "configmap-previews-blind-jobset-gears"]) {
            assert.ok(
                rendered.some((file) => file.includes(object)),
                rendered.join(" "),
            );
        }
        await project.succeed(["destroy", "--yes", "--skip-preview"], env);
    });
});
