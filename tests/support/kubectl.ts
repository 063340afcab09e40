import { run } from "../../local/run";
import { ensureTools } from "../../local/toolchain";
import { savedEnvironment } from "./environment";

/** What kubectl prints, asked of the cluster that the tests run on. */
export async function kubectl(...args: string[]): Promise<string> {
    const { kubernetes } = await ensureTools(["kubernetes"], () => undefined);
    return run(kubernetes, ["kubectl", "--kubeconfig", savedEnvironment().kubeconfig, ...args]);
}

/** An object of the cluster, or a list of them, as kubectl finds it. */
export async function getObjects<T>(...args: string[]): Promise<T> {
    return JSON.parse(await kubectl("get", "--output", "json", ...args)) as T;
}

/** Has the API server look at objects with no field unknown to it, and changes nothing. */
export async function validateStrictly(objects: object[]): Promise<void> {
    await withObjects(objects, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict");
}

/** Creates objects as a user would who has nothing to do with Pulumi. */
export const createObjects = (...objects: object[]): Promise<void> =>
    withObjects(objects, "create", "--validate=strict");

/** Brings objects to be as they are given, whether they exist or not. */
export const applyObjects = (...objects: object[]): Promise<void> =>
    withObjects(objects, "apply", "--server-side", "--force-conflicts", "--validate=strict");

/** The same of objects as YAML documents. */
export const applyManifests = (manifests: string): Promise<void> =>
    withInput(manifests, "apply", "--server-side", "--force-conflicts");

/** Deletes what there is of these objects, and waits until it is gone. */
export const deleteObjects = (...objects: object[]): Promise<void> =>
    withObjects(objects, "delete", "--ignore-not-found", "--timeout=180s");

/** Runs a command of kubectl on objects. */
const withObjects = (objects: object[], ...command: string[]): Promise<void> =>
    withInput(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }), ...command);

async function withInput(input: string, ...command: string[]): Promise<void> {
    const { kubernetes } = await ensureTools(["kubernetes"], () => undefined);
    const args = ["kubectl", "--kubeconfig", savedEnvironment().kubeconfig, ...command, "--filename", "-"];
    await run(kubernetes, args, { input });
}
