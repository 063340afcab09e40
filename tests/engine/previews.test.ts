/**
 * What a preview promises, with the real CLI and its exit codes: it fails if an argument is wrong or the cluster refuses,
 * an update then changes nothing, and what a preview could not look at is said. No pod is needed.
 */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { stringify } from "yaml";

import { image } from "../support/arguments";
import { assertNoStackTrace, problemsOf } from "../support/cli-output";
import { CliProject, type Ended } from "../support/cli-project";
import { directoryWith } from "../support/directories";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { createObjects, deleteObjects, getObjects, kubectl } from "../support/kubectl";
import { installPackage, installSdks, packPackage, sdks } from "../support/sdks";

const spaceOf = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

/** The objects that stacks have created in a namespace, by kind and name. */
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

/** What the CLI reports in its summary of errors and messages, each once. */
function diagnostics(output: string): string[] {
    const [, summary = ""] = /^Diagnostics:\n(.*?)^(?:Outputs|Resources):/ms.exec(output) ?? [];
    const lines = summary.split("\n").filter((line) => /^ {4}\S/.test(line));
    return [...new Set(lines.map((line) => line.trim().replace(/^error: /, "")))];
}

const failed = ({ code, output }: Ended): string[] => {
    assert.notEqual(code, 0, output);
    assertNoStackTrace(output);
    return diagnostics(output);
};

const digest = "it must be repository@sha256:<64 hexadecimal digits>, such as the ref of an Image";
const secretEnv = "move it to secretEnv, which stores it in a Kubernetes Secret";
const mistakes = [
    `ModelServer "fraud": image is "fraud:latest"; ${digest}`,
    'ModelServer "fraud": replicas is -1; it must be an integer from 0 to 10000',
    `ModelServer "fraud": env.PASSWORD is a secret; ${secretEnv}`,
    `TrainingJob "train": image is "train:latest"; ${digest}`,
];

/** A server without a mistake, and others with several. URL is an output that depends on them. */
const wrong = (namespace: string) => `
    const pulumi = require("@pulumi/pulumi");
    const mlops = require("kubernetes-mlops");

    const workspace = { namespace: "${namespace}" };
    new mlops.ModelServer("right", { workspace, image: "${image}", replicas: 0 });
    const training = new mlops.TrainingJob("train", { workspace, image: pulumi.output("train:latest") });
    const server = new mlops.ModelServer("fraud", {
        workspace,
        image: pulumi.output("fraud:latest"),
        replicas: pulumi.output(-1),
        env: { PASSWORD: pulumi.secret("hunter2") },
    });
    module.exports = { url: server.url, model: training.model };
`;

/** Runs the program of the project by the Automation API, and prints how that ends. */
const automation = `
    const { LocalWorkspace } = require("@pulumi/pulumi/automation");
    const { readFileSync } = require("node:fs");
    const { parse } = require("./yaml");

    const program = () => Promise.resolve(require("./index.js"));
    const projectSettings = parse(readFileSync("Pulumi.yaml", "utf8"));
    LocalWorkspace.createOrSelectStack({ stackName: "automation", projectName: projectSettings.name, program }, { projectSettings })
        .then((stack) => stack[process.argv[2]]({ onOutput: (text) => process.stdout.write(text), color: "never" }))
        .then(() => console.log("RESOLVED"), (error) => console.log("REJECTED " + error.name));
`;

describe("a wrong Output", function () {
    this.timeout("5m");

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
                project = new CliProject("gates", wrong(namespace), undefined, {
                    install: (directory) => installPackage(directory, archive, cached),
                });
                await project.succeed(["stack", "init", "cli"]);
            });
            after(async () => {
                await deleteObjects(spaceOf(namespace));
                project?.remove();
            });
        });
    }
});
