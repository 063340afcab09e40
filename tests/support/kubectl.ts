import { run } from "../../local/run";
import { ensureTools } from "../../local/toolchain";
import { savedEnvironment } from "./environment";

/** The output of kubectl, in the cluster of the tests. */
export async function kubectl(...args: string[]): Promise<string> {
    const { kubernetes } = await ensureTools(["kubernetes"], () => undefined);
    return run(kubernetes, ["kubectl", "--kubeconfig", savedEnvironment().kubeconfig, ...args]);
}

/** An object of the cluster, or a list of them, as kubectl returns it. */
export async function getObjects<T>(...args: string[]): Promise<T> {
    return JSON.parse(await kubectl("get", "--output", "json", ...args)) as T;
}

/** Validates objects on the API server, with unknown fields as errors, without changing anything. */
export async function validateStrictly(objects: object[]): Promise<void> {
    await withObjects(objects, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict");
}

/** Creates objects like a user without Pulumi. */
export const createObjects = (...objects: object[]): Promise<void> =>
    withObjects(objects, "create", "--validate=strict");

/** Creates or updates objects. */
export const applyObjects = (...objects: object[]): Promise<void> =>
    withObjects(objects, "apply", "--server-side", "--force-conflicts", "--validate=strict");

/** The same for objects as YAML documents. */
export const applyManifests = (manifests: string): Promise<void> =>
    withInput(manifests, "apply", "--server-side", "--force-conflicts");

/** Deletes those of these objects that exist, and waits until they are deleted. */
export const deleteObjects = (...objects: object[]): Promise<void> =>
    withObjects(objects, "delete", "--ignore-not-found", "--timeout=180s");

/** Runs a kubectl command on objects. */
const withObjects = (objects: object[], ...command: string[]): Promise<void> =>
    withInput(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }), ...command);

async function withInput(input: string, ...command: string[]): Promise<void> {
    const { kubernetes } = await ensureTools(["kubernetes"], () => undefined);
    const args = ["kubectl", "--kubeconfig", savedEnvironment().kubeconfig, ...command, "--filename", "-"];
    await run(kubernetes, args, { input });
}
